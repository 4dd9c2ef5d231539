/**
 * Normal values that depend on the seed alone: mulberry32 through Box–Muller.
 *
 * @param seed Seed, an integer.
 * @param n Number of values.
 * @param scale Standard deviation. The mean is 0.
 * @returns `n` values, rounded to float32.
 *
 * @example Usage
 * ```ts
 * import { randomArray } from "@edit-transfer/testing";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(randomArray(1, 3), randomArray(1, 3));
 * ```
 */
export function randomArray(
  seed: number,
  n: number,
  scale = 1,
): Float32Array<ArrayBuffer> {
  const uniform = mulberry32(seed);
  const values = new Float32Array(n);
  for (let i = 0; i < n; i += 2) {
    const radius = scale * Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < n) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

/** Uniform values in [0, 1). Source: Tommy Ettinger, public domain. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
