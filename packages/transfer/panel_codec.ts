import type { Image } from "@edit-transfer/image";
import {
  affine,
  type Device,
  permute,
  scope,
  Tensor,
} from "@edit-transfer/tensor";
import type { AutoencoderKl } from "@edit-transfer/vae";

/**
 * Encodes one picture alone: `(mode(encode(px / 127.5 − 1)) − shift) · scaling`,
 * `[c, h, w]`.
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
 * Decodes latents `[c, h, w]`: `decode(z / scaling + shift)`, clamped and rounded
 * to 8 bits.
 */
export async function decodePanel(
  vae: AutoencoderKl,
  latents: Float32Array,
  { shape: [c, h, w], device }: {
    shape: readonly [c: number, h: number, w: number];
    device: Device;
  },
): Promise<Image> {
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
