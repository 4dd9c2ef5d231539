import { AssertionError } from "node:assert";

/** How far two numbers may be apart: `|a - e| <= atol + rtol * |e|`. */
export interface Tolerance {
  /** Absolute part, in the units of the data. */
  atol: number;
  /** Relative part, as a fraction of the expected value. */
  rtol: number;
}

/**
 * Throws unless every element of `actual` is within tolerance of `expected`.
 *
 * @param actual Values under test.
 * @param expected Reference values, of the same length.
 * @param tolerance Allowed distance.
 *
 * @throws {AssertionError} Naming the worst element, both values, and how many
 * elements are out of tolerance.
 *
 * @example Usage
 * ```ts
 * import { assertClose } from "@edit-transfer/testing";
 *
 * assertClose([1, 2], [1, 2.0000001], { atol: 0, rtol: 1e-6 });
 * ```
 */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
): void {
  if (actual.length !== expected.length) {
    throw new AssertionError({
      message:
        `Cannot compare arrays as lengths must match: got ${actual.length}, expected ${expected.length}`,
    });
  }
  let worst = -1;
  let worstExcess = 0;
  let bad = 0;
  for (let i = 0; i < expected.length; i++) {
    const e = expected[i]!;
    if (actual[i] === e) continue; // also equal infinities
    const distance = Math.abs(actual[i]! - e);
    const excess = distance - (tolerance.atol + tolerance.rtol * Math.abs(e));
    if (excess <= 0) continue; // NaN falls through
    bad++;
    if (worst < 0 || !(excess <= worstExcess)) {
      worst = i;
      worstExcess = excess;
    }
  }
  if (bad > 0) {
    throw new AssertionError({
      message:
        `Expected arrays to be close (atol ${tolerance.atol}, rtol ${tolerance.rtol}): ` +
        `${bad} of ${expected.length} elements differ, worst at ${worst}: ` +
        `got ${actual[worst]}, expected ${expected[worst]}`,
    });
  }
}
