import { type EditScore, scoreEdit } from "./edit_score.ts";
import type { AnswerMetric } from "./metric.ts";
import { sumOf } from "./sum_of.ts";

/**
 * Fidelity outside the region that the edit changes: peak signal-to-noise ratio
 * in dB, `10 log10(255² / (Σ outputOutside / Σ valuesOutside))`; ∞ if nothing
 * differs.
 */
export const keep: AnswerMetric<EditScore> = {
  name: "keep",
  needsAnswer: true,
  best: Infinity,
  digits: 1,
  unit: "dB",
  score: scoreEdit,
  summarize(scores) {
    const error = sumOf(scores, "outputOutside");
    if (scores.length > 0 && error === 0) return Infinity;
    const mean = error / sumOf(scores, "valuesOutside");
    return 10 * Math.log10(255 ** 2 / mean);
  },
};
