/**
 * Krippendorff's α for names: agreement of people beyond chance,
 * `1 − observed / expected disagreement`. 1 is full agreement, 0 is chance.
 *
 * A unit with `m` answers counts `m`; one with fewer than two says nothing.
 *
 * Source: Krippendorff, "Content analysis", 2018, 12.3.
 *
 * @param units Answers to each unit: how often each name was given.
 * @param weights How often each unit counts; once by default.
 * @returns α; NaN where no two answers can be compared, or all are the same.
 *
 * @example Usage
 * ```ts
 * import { krippendorff } from "@edit-transfer/statistics";
 * import assert from "node:assert/strict";
 *
 * assert.equal(krippendorff([[3, 0], [0, 3]]), 1);
 * assert.ok(krippendorff([[2, 2], [2, 2]]) < 0);
 * ```
 */
export function krippendorff(
  units: readonly (readonly number[])[],
  weights?: ArrayLike<number> | undefined,
): number {
  const totals: number[] = [];
  let answers = 0;
  let agreeing = 0; // of pairs within units
  for (const [u, counts] of units.entries()) {
    const weight = weights === undefined ? 1 : weights[u]!;
    const m = counts.reduce((sum, count) => sum + count, 0);
    if (m < 2 || weight === 0) continue;
    answers += weight * m;
    for (const [name, count] of counts.entries()) {
      totals[name] = (totals[name] ?? 0) + weight * count;
      agreeing += weight * count * (count - 1) / (m - 1);
    }
  }
  const alike = totals.reduce((sum, total) => sum + total * (total - 1), 0);
  const expected = 1 - alike / (answers * (answers - 1));
  return expected > 0 ? 1 - (1 - agreeing / answers) / expected : NaN;
}
