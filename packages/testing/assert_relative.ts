import { AssertionError } from "node:assert";
import { logError } from "./error_log.ts";
import { relativeError } from "./relative_error.ts";

/**
 * Throws unless `‖actual − expected‖ / ‖expected‖ <= limit`.
 *
 * @param actual Values under test.
 * @param expected Reference values, of the same length.
 * @param limit Largest allowed relative error, e.g. `1e-5`.
 * @returns The error reached, for reports.
 *
 * @throws {AssertionError} Naming the error reached, the element that is
 * furthest off and both its values; on every value that is not finite.
 * @throws {RangeError} If the lengths differ.
 *
 * @example Usage
 * ```ts
 * import { assertRelative } from "@edit-transfer/testing";
 *
 * assertRelative([1, 2], [1, 2.0000001], 1e-6);
 * ```
 */
export function assertRelative(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  limit: number,
): number {
  const error = relativeError(actual, expected);
  logError(error, limit);
  if (error <= limit) return error; // NaN falls through
  const worst = worstIndex(actual, expected);
  throw new AssertionError({
    message:
      `Expected a relative error of at most ${limit}: reached ${
        error.toPrecision(4)
      } over ${expected.length} elements, ` +
      `worst at ${worst}: got ${actual[worst]}, expected ${expected[worst]}`,
  });
}

function worstIndex(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): number {
  let worst = 0;
  let furthest = -1;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!);
    if (!Number.isFinite(distance)) return i;
    if (distance > furthest) {
      worst = i;
      furthest = distance;
    }
  }
  return worst;
}
