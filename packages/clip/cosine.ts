/**
 * Cosine of the angle between two vectors, `a · b / (‖a‖ ‖b‖)`.
 *
 * @param a Vector `[P]`.
 * @param b Vector `[P]`.
 * @returns -1 to 1; 0 if either is zero, as nothing has no direction.
 *
 * @throws {RangeError} If the lengths differ.
 *
 * @example Usage
 * ```ts
 * import { cosine } from "@edit-transfer/clip";
 * import assert from "node:assert/strict";
 *
 * assert.equal(cosine([3, 4], [4, 3]), 0.96);
 * assert.equal(cosine([0, 0], [4, 3]), 0);
 * ```
 */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) {
    throw new RangeError(
      `Cannot compare features as they must be of one length: got ${a.length} and ${b.length}`,
    );
  }
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}
