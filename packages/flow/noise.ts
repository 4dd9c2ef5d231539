import { type Seed, torchRandn } from "./torch_randn.ts";

/** Options of {@linkcode latentNoise}. */
export interface LatentNoiseOptions {
  /**
   * Precision the noise is rounded to before anything else. The reference runs
   * in bf16.
   *
   * @default {"bf16"}
   */
  readonly round?: "bf16" | "none" | undefined;
  /**
   * Whether each channel is divided by its standard deviation over height and
   * width, plus 1e-6; its mean stays.
   *
   * @default {true}
   */
  readonly standardize?: boolean | undefined;
}

/**
 * Noise of an edit for a seed, the same as the reference's.
 *
 * `n = bf16(randn(c, h, w))`, then `n[c] / (std(n[c]) + 1e-6)` with the unbiased
 * standard deviation over height and width.
 *
 * Source: `prepare_latents` in CUC-MIPG/Edit-Transfer@c44a846,
 * `toolkit/pipeline_flux_inpaint.py`.
 *
 * @param seed See {@linkcode Seed}.
 * @param shape `[c, h, w]` of the whole composite.
 * @param options See {@linkcode LatentNoiseOptions}.
 * @returns `[c, h, w]` in row-major order.
 *
 * @throws {RangeError} If the seed is none.
 *
 * @example Usage
 * ```ts
 * import { latentNoise } from "@edit-transfer/flow";
 * import assert from "node:assert/strict";
 *
 * const noise = latentNoise(42, [16, 4, 4]);
 * assert.equal(noise.length, 256);
 * ```
 */
export function latentNoise(
  seed: Seed,
  shape: readonly [number, number, number],
  options: LatentNoiseOptions = {},
): Float32Array {
  const { round = "bf16", standardize = true } = options;
  const [c, h, w] = shape;
  const noise = torchRandn(seed, c * h * w); // [c, h, w]
  if (round === "bf16") roundToBf16(noise);
  if (standardize) {
    for (let at = 0; at < noise.length; at += h * w) {
      divideByDeviation(noise, at, at + h * w);
    }
  }
  return noise;
}

/** Rounds to the nearest bf16, ties to even, in place. */
function roundToBf16(values: Float32Array): void {
  const bits = new Uint32Array(
    values.buffer,
    values.byteOffset,
    values.length,
  );
  for (let i = 0; i < bits.length; i++) {
    const x = bits[i]!;
    bits[i] = (x + 0x7fff + ((x >>> 16) & 1)) & 0xffff0000;
  }
}

/** Divides one channel, from `first` up to `end`. */
function divideByDeviation(
  noise: Float32Array,
  first: number,
  end: number,
): void {
  const count = end - first;
  let mean = 0;
  for (let i = first; i < end; i++) mean += noise[i]! / count;
  let squares = 0;
  for (let i = first; i < end; i++) squares += (noise[i]! - mean) ** 2;
  const deviation = Math.fround(Math.sqrt(squares / (count - 1)));
  const divisor = Math.fround(deviation + 1e-6);
  for (let i = first; i < end; i++) noise[i] = noise[i]! / divisor;
}
