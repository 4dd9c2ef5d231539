import { type EditScore, scoreEdit } from "./edit_score.ts";
import type { AnswerMetric } from "./metric.ts";
import { sumOf } from "./sum_of.ts";

/**
 * Edit gain: the share of the change that was made, over the region where query
 * and answer differ, `1 − Σ outputInside / Σ queryInside`. 1 is perfect, 0 is
 * doing nothing. A case counts by the size of its change.
 *
 * @example Usage
 * ```ts
 * import { gain } from "@edit-transfer/metrics";
 * import assert from "node:assert/strict";
 *
 * const picture = (level: number) => ({
 *   width: 1,
 *   height: 1,
 *   data: new Uint8Array(3).fill(level),
 * });
 * const known = { query: picture(0), answer: picture(200) };
 * const score = await gain.score(picture(150), known);
 * assert.equal(gain.summarize([score]), 0.9375);
 * ```
 */
export const gain: AnswerMetric<EditScore> = {
  name: "gain",
  needsAnswer: true,
  best: 1,
  digits: 2,
  score: scoreEdit,
  summarize: (scores) =>
    1 - sumOf(scores, "outputInside") / sumOf(scores, "queryInside"),
};
