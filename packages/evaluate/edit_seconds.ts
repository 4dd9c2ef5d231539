import type { SeedsMetric } from "@edit-transfer/metrics";

/**
 * Seconds that an edit took, the mean over its seeds; those of another system
 * where its manifest tells them.
 *
 * @example Usage
 * ```ts
 * import { editSeconds } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await editSeconds.score([], [1, 3]), 2);
 * ```
 */
export const editSeconds: SeedsMetric<number> = {
  name: "seconds",
  acrossSeeds: true,
  best: 0,
  digits: 2,
  unit: "s",
  score: (_outputs, seconds) =>
    seconds.some(Number.isNaN) ? undefined : mean(seconds),
  summarize: mean,
};

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
