/**
 * Holm's correction of p-values for their number: with `p₁ ≤ … ≤ pₘ`,
 * `p̃ₖ = max over j ≤ k of (m − j + 1) pⱼ`, at most 1.
 *
 * Source: Holm, "A simple sequentially rejective multiple test procedure", 1979.
 *
 * @param values The p-values.
 * @returns The corrected ones, in the order given.
 *
 * @example Usage
 * ```ts
 * import { holm } from "@edit-transfer/statistics";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(holm([0.25, 0.125, 0.5]), [0.5, 0.375, 0.5]);
 * ```
 */
export function holm(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const corrected = new Array<number>(values.length);
  let largest = 0;
  for (const [k, i] of order.entries()) {
    largest = Math.max(largest, (values.length - k) * values[i]!);
    corrected[i] = Math.min(1, largest);
  }
  return corrected;
}
