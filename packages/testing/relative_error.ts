/**
 * Distance of two arrays relative to the size of the second, in float64.
 *
 * `relativeError(a, e) = ‖a − e‖ / ‖e‖`, with `‖a − e‖` itself where `‖e‖ = 0`.
 *
 * @param actual Values under test.
 * @param expected Reference values, of the same length.
 * @returns The error, `>= 0`; `NaN` if a value is NaN or infinite.
 *
 * @throws {RangeError} If the lengths differ.
 *
 * @example Usage
 * ```ts
 * import { relativeError } from "@edit-transfer/testing";
 * import assert from "node:assert/strict";
 *
 * assert.equal(relativeError([3, 5], [3, 4]), 0.2);
 * ```
 */
export function relativeError(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): number {
  if (actual.length !== expected.length) {
    throw new RangeError(
      `Cannot compare arrays as lengths must match: got ${actual.length}, expected ${expected.length}`,
    );
  }
  let distance = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    const e = expected[i]!;
    const d = actual[i]! - e;
    distance += d * d;
    size += e * e;
  }
  if (!Number.isFinite(distance + size)) return NaN;
  return Math.sqrt(size > 0 ? distance / size : distance);
}
