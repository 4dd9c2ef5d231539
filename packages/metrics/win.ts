import { type EditScore, scoreEdit } from "./edit_score.ts";
import type { AnswerMetric } from "./metric.ts";

/**
 * Share of cases, in [0, 1], whose whole output is nearer to the answer than
 * the query is, by squared error.
 */
export const win: AnswerMetric<EditScore> = {
  name: "win",
  needsAnswer: true,
  best: 1,
  digits: 2,
  score: scoreEdit,
  summarize: (scores) =>
    scores.filter((s) =>
      s.outputInside + s.outputOutside < s.queryInside + s.queryOutside
    ).length / scores.length,
};
