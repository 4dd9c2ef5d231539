/**
 * Quantile of values, linear between the two nearest, as numpy and R (type 7)
 * have it.
 *
 * @param values The values, in any order.
 * @param share Share of them that lie below, from 0 to 1.
 * @returns The quantile; NaN of none.
 *
 * @throws {RangeError} If the share is outside 0 and 1.
 *
 * @example Usage
 * ```ts
 * import { quantile } from "@edit-transfer/statistics";
 * import assert from "node:assert/strict";
 *
 * assert.equal(quantile([3, 1, 2, 4], 0.5), 2.5);
 * ```
 */
export function quantile(values: readonly number[], share: number): number {
  if (!(share >= 0 && share <= 1)) {
    throw new RangeError(
      `Cannot give a quantile as its share must be from 0 to 1: got ${share}`,
    );
  }
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const low = sorted[Math.floor(place)];
  const high = sorted[Math.ceil(place)];
  if (low === undefined || high === undefined) return NaN;
  return low + (high - low) * (place - Math.floor(place));
}
