import { type EditScore, scoreEdit } from "./edit_score.ts";
import type { Metric } from "./metric.ts";

/**
 * Share of cases, in [0, 1], whose whole output is nearer to the answer than
 * the query is, by squared error.
 */
export const win: Metric<EditScore> = {
  name: "win",
  best: 1,
  digits: 2,
  score: scoreEdit,
  summarize: (scores) =>
    scores.filter((s) =>
      s.outputInside + s.outputOutside < s.queryInside + s.queryOutside
    ).length / scores.length,
};
