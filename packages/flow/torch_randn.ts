import { MAX_SEED } from "@edit-transfer/files/limits";
import { MersenneTwister } from "./mersenne_twister.ts";

/**
 * Seed of noise: an integer from 0 to 2⁶⁴ − 1, as `torch.manual_seed` takes it.
 * Beyond 2⁵³ it is a bigint.
 */
export type Seed = number | bigint;

const f32 = Math.fround;
const TWO_PI = f32(2 * Math.PI);

/**
 * Standard normal numbers, the same as PyTorch's for a seed.
 *
 * What `torch.randn(n, generator=torch.Generator("cpu").manual_seed(seed))`
 * gives in f32, up to the rounding of log, sin and cos (4.8e-7 at most): from 16
 * numbers on, blocks of 16 by Box–Muller on 24-bit uniforms, the last block drawn
 * anew if it is not whole; below 16, pairs in double precision.
 *
 * Source: `normal_fill` and `normal_distribution` in pytorch/pytorch@v2.13.0,
 * `aten/src/ATen/native/cpu/DistributionTemplates.h` and
 * `aten/src/ATen/core/DistributionsHelper.h`.
 *
 * @param seed See {@linkcode Seed}; PyTorch uses its low 32 bits.
 * @param n How many numbers.
 * @returns `[n]` numbers.
 *
 * @throws {RangeError} If the seed is none, or `n` is not an integer >= 0.
 *
 * @example Usage
 * ```ts
 * import { torchRandn } from "@edit-transfer/flow";
 * import assert from "node:assert/strict";
 *
 * const [first] = torchRandn(42, 16);
 * assert.equal(first!.toFixed(4), "1.9269"); // torch.manual_seed(42)
 * ```
 */
export function torchRandn(seed: Seed, n: number): Float32Array {
  const isSeed = typeof seed === "bigint" || Number.isSafeInteger(seed);
  if (!isSeed || seed < 0 || seed > MAX_SEED) {
    throw new RangeError(
      `Cannot draw noise as the seed must be an integer from 0 to ${MAX_SEED}: got ${seed}`,
    );
  }
  if (!Number.isSafeInteger(n) || n < 0) {
    throw new RangeError(
      `Cannot draw noise as the count must be an integer >= 0: got ${n}`,
    );
  }
  const generator = new MersenneTwister(BigInt(seed));
  const out = new Float32Array(n);
  if (n < 16) {
    fillPairs(out, generator);
    return out;
  }
  for (let i = 0; i < n; i++) out[i] = generator.uniform24();
  for (let i = 0; i + 16 <= n; i += 16) boxMuller(out, i);
  if (n % 16 !== 0) {
    for (let i = n - 16; i < n; i++) out[i] = generator.uniform24();
    boxMuller(out, n - 16);
  }
  return out;
}

/** Turns 16 uniforms from `first` on into 16 normals, the first eight with the last eight. */
function boxMuller(values: Float32Array, first: number): void {
  for (let i = first; i < first + 8; i++) {
    const u = f32(1 - values[i]!);
    const radius = f32(Math.sqrt(f32(-2 * f32(Math.log(u)))));
    const theta = f32(TWO_PI * values[i + 8]!);
    values[i] = radius * f32(Math.cos(theta));
    values[i + 8] = radius * f32(Math.sin(theta));
  }
}

/** Draws one by one in double precision, two numbers from two uniforms. */
function fillPairs(out: Float32Array, generator: MersenneTwister): void {
  for (let i = 0; i < out.length; i += 2) {
    const theta = 2 * Math.PI * generator.uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-generator.uniform53()));
    out[i] = radius * Math.cos(theta);
    if (i + 1 < out.length) out[i + 1] = radius * Math.sin(theta);
  }
}
