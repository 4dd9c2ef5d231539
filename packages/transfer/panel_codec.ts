import type { Image } from "@edit-transfer/image";
import {
  affine,
  type Device,
  permute,
  scope,
  Tensor,
} from "@edit-transfer/tensor";
import type { AutoencoderKl } from "@edit-transfer/vae";

/** Options of {@linkcode decodePanel}. */
export interface DecodePanelOptions {
  /** Extents `[c, h, w]` of the latents. */
  shape: readonly [c: number, h: number, w: number];
  /** Device of the autoencoder. */
  device: Device;
}

/**
 * Encodes one picture alone: `(mode(encode(px / 127.5 − 1)) − shift) · scaling`.
 *
 * @param vae Autoencoder.
 * @param image Picture whose sides are multiples of the autoencoder's `downscale`.
 * @param device Device of the autoencoder.
 * @returns Latents, `[c, h, w]`.
 *
 * @example Usage
 * ```ts
 * import { blankImage } from "@edit-transfer/image";
 * import { openDevice } from "@edit-transfer/tensor";
 * import { decodePanel, encodePanel, loadPipeline } from "@edit-transfer/transfer";
 * import assert from "node:assert/strict";
 *
 * const device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("fixtures/micro", { device });
 *   const vae = await pipeline.vae();
 *   const latents = await encodePanel(vae, blankImage(16, 16), device);
 *   const image = await decodePanel(vae, latents, { shape: [16, 2, 2], device });
 *   assert.equal(image.width, 16);
 * }
 * device.destroy();
 * ```
 */
export async function encodePanel(
  vae: AutoencoderKl,
  image: Image,
  device: Device,
): Promise<Float32Array> {
  const { width: W, height: H, data } = image;
  const { shiftFactor, scalingFactor } = vae.config;
  using latents = scope(() => {
    const levels = Float32Array.from(data, (level) => level / 127.5 - 1);
    const x = Tensor.from(device, levels, { shape: [1, H, W, 3] });
    const mode = vae.encode(x); // [1, h, w, c]
    const z = affine(affine(mode, 1, -shiftFactor), scalingFactor, 0);
    return permute(z, [0, 3, 1, 2]); // [1, c, h, w]
  });
  return await latents.data() as Float32Array;
}

/**
 * Decodes latents: `decode(z / scaling + shift)`, clamped and rounded to 8 bits.
 *
 * @param vae Autoencoder.
 * @param latents Latents, `[c, h, w]`.
 * @param options See {@linkcode DecodePanelOptions}.
 * @returns The picture.
 *
 * @throws {RangeError} If a latent is not finite, so that no failure looks like
 * a dark picture.
 *
 * @example Usage
 * ```ts
 * import { openDevice } from "@edit-transfer/tensor";
 * import { decodePanel, loadPipeline } from "@edit-transfer/transfer";
 * import assert from "node:assert/strict";
 *
 * const device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("fixtures/micro", { device });
 *   const image = await decodePanel(await pipeline.vae(), new Float32Array(64), {
 *     shape: [16, 2, 2],
 *     device,
 *   });
 *   assert.equal(image.height, 16);
 * }
 * device.destroy();
 * ```
 */
export async function decodePanel(
  vae: AutoencoderKl,
  latents: Float32Array,
  options: DecodePanelOptions,
): Promise<Image> {
  const { shape: [c, h, w], device } = options;
  const bad = latents.findIndex((x) => !Number.isFinite(x));
  if (bad !== -1) {
    throw new RangeError(
      `Cannot decode latents as all must be finite: got ${
        latents[bad]
      } at element ${bad}`,
    );
  }
  const { shiftFactor, scalingFactor } = vae.config;
  using image = scope(() => {
    const z = Tensor.from(device, latents, { shape: [1, c, h, w] });
    const x = affine(permute(z, [0, 2, 3, 1]), 1 / scalingFactor, shiftFactor);
    return vae.decode(x); // [1, H, W, 3]
  });
  const [, height, width] = image.shape as [number, number, number];
  const values = await image.data();
  const data = Uint8Array.from(
    values,
    (x) => Math.round(255 * Math.min(1, Math.max(0, x / 2 + 0.5))),
  );
  return { width, height, data };
}
