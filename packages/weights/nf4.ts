import { f32ToBf16 } from "./bf16.ts";

/** Values of the four bits: quantiles of the normal distribution. */
// deno-fmt-ignore
export const NF4_CODE: Float32Array<ArrayBuffer> = Float32Array.of(
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453,
  -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0,
  0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
  0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
);

/**
 * Blocks of bitsandbytes' four bits: the greatest magnitude in float32, then 64
 * neighbours of a row, the first of two in the upper half of a byte.
 */
export const NF4 = { blockElements: 64, blockBytes: 4 + 32 } as const;

/** Magnitudes from which on the nearest bf16 is infinite. */
const TOO_LARGE = 2 ** 128 - 2 ** 119;

const products = new Float32Array(NF4.blockElements);
const absmax = new Float32Array(1);
const bytesOfAbsmax = new Uint8Array(absmax.buffer);
const bits = new Uint32Array(1);
const wide = new Float32Array(bits.buffer);

/** Writes the elements of the block at `at`, `code · absmax` as bf16. */
export function readNf4(
  bytes: Uint8Array,
  at: number,
  out: Float32Array,
  to: number,
): void {
  for (let i = 0; i < 4; i++) bytesOfAbsmax[i] = bytes[at + i]!;
  const scale = absmax[0]!;
  for (let i = 0; i < NF4.blockElements; i++) {
    const both = bytes[at + 4 + (i >> 1)]!;
    products[i] = scale * NF4_CODE[i % 2 === 0 ? both >> 4 : both & 15]!;
  }
  const halves = f32ToBf16(products);
  for (const [i, half] of halves.entries()) {
    bits[0] = half << 16;
    out[to + i] = wide[0]!;
  }
}

/** Whether a block at `at` has values that are NaN or infinite. */
export function isBadNf4(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 4; i++) bytesOfAbsmax[i] = bytes[at + i]!;
  return !(Math.abs(absmax[0]!) < TOO_LARGE);
}
