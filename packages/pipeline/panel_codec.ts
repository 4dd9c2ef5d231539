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
 * import { decodePanel, encodePanel, loadPipeline } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   const vae = await pipeline.vae();
 *   const latents = await encodePanel(vae, blankImage(16, 16), device);
 *   const image = await decodePanel(vae, latents, { shape: [16, 2, 2], device });
 *   assert.equal(image.width, 16);
 * }
 * ```
 */
export async function encodePanel(
  vae: AutoencoderKl,
  image: Image,
  device: Device,
): Promise<Float32Array> {
  const [latents] = await encodePanels(vae, [image], device);
  return latents!;
}

/**
 * Encodes pictures of one size together, each as {@linkcode encodePanel} does.
 *
 * @param vae Autoencoder.
 * @param images Pictures, one at least.
 * @param device Device of the autoencoder.
 * @returns Latents `[c, h, w]` of each.
 *
 * @throws {RangeError} If sizes differ.
 *
 * @example Usage
 * ```ts
 * import { blankImage } from "@edit-transfer/image";
 * import { openDevice } from "@edit-transfer/tensor";
 * import { encodePanels, loadPipeline } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   const images = [blankImage(16, 16), blankImage(16, 16, [0, 0, 0])];
 *   const [white, black] = await encodePanels(await pipeline.vae(), images, device);
 *   assert.equal(white?.length, 16 * 2 * 2);
 *   assert.notDeepEqual(white, black);
 * }
 * ```
 */
export async function encodePanels(
  vae: AutoencoderKl,
  images: readonly Image[],
  device: Device,
): Promise<Float32Array<ArrayBuffer>[]> {
  const { width: W, height: H } = images[0]!;
  const { shiftFactor, scalingFactor } = vae.config;
  const levels = new Float32Array(images.length * H * W * 3);
  for (const [i, { width, height, data }] of images.entries()) {
    if (width !== W || height !== H) {
      throw new RangeError(
        `Cannot encode pictures together as all must be ${W} x ${H}: got ${width} x ${height}`,
      );
    }
    for (let j = 0; j < data.length; j++) {
      levels[i * data.length + j] = data[j]! / 127.5 - 1;
    }
  }
  using latents = scope(() => {
    const x = Tensor.from(device, levels, { shape: [images.length, H, W, 3] });
    const mode = vae.encode(x); // [B, h, w, c]
    const z = affine(affine(mode, 1, -shiftFactor), scalingFactor, 0);
    return permute(z, [0, 3, 1, 2]); // [B, c, h, w]
  });
  const values = Float32Array.from(await latents.data());
  const each = values.length / images.length;
  return images.map((_, i) => values.slice(i * each, (i + 1) * each));
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
 * import { decodePanel, loadPipeline } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   const image = await decodePanel(await pipeline.vae(), new Float32Array(64), {
 *     shape: [16, 2, 2],
 *     device,
 *   });
 *   assert.equal(image.height, 16);
 * }
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
