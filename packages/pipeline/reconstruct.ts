import type { Image } from "@edit-transfer/image";
import { decodePanel, encodePanel } from "./panel_codec.ts";
import type { Pipeline } from "./pipeline.ts";

/**
 * A picture through the autoencoder and back: what no edit can do better.
 *
 * @param pipeline Model.
 * @param picture Picture whose sides are multiples of its `tokenSize`.
 * @returns The picture as the autoencoder gives it back.
 *
 * @example Usage
 * ```ts
 * import { blankImage } from "@edit-transfer/image";
 * import { openDevice } from "@edit-transfer/tensor";
 * import { loadPipeline, reconstruct } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   assert.equal((await reconstruct(pipeline, blankImage(64, 64))).width, 64);
 * }
 * ```
 */
export async function reconstruct(
  pipeline: Pipeline,
  picture: Image,
): Promise<Image> {
  const { device } = pipeline;
  const vae = await pipeline.vae();
  const { latentChannels: c, downscale } = vae.config;
  const { width, height } = picture;
  const latents = await encodePanel(vae, picture, device); // [c, h, w]
  const shape = [c, height / downscale, width / downscale] as const;
  return await decodePanel(vae, latents, { shape, device });
}
