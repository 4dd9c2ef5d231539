import type { Metric } from "@edit-transfer/metrics";
import type { ShowOptions } from "./exemplar.ts";
import type { Judge, Verdict } from "./judge.ts";
import { type LmmOptions, type LmmScore, lmmScore } from "./lmm_score.ts";
import { type VieScore, vieScore } from "./vie_score.ts";
import type { Exemplar } from "./exemplar.ts";

/**
 * The LMM score of a judge as a metric, from 1 to 10; the mean of the cases that
 * have a score.
 *
 * @param judge The judge.
 * @param options See {@linkcode LmmOptions}.
 * @returns The metric, `lmm`.
 *
 * @example Usage
 * ```ts
 * import { lmmMetric, openJudge } from "@edit-transfer/judge";
 * import assert from "node:assert/strict";
 *
 * const judge = await openJudge({ url: "http://localhost:8000", model: "qwen" });
 * assert.equal(lmmMetric(judge).best, 10);
 * ```
 */
export function lmmMetric(
  judge: Judge,
  options: LmmOptions = {},
): Metric<Verdict<LmmScore>, Exemplar> {
  return {
    name: "lmm",
    best: 10,
    digits: 2,
    score: (output, known) =>
      judge.judge(aboutOf("lmm", known), async (ask) => {
        const [score] = await lmmScore(ask, known, [output], options);
        return score!;
      }),
    summarize: meanOverall,
  };
}

/**
 * VIEScore of a judge as a metric, from 0 to 10; the mean of the cases that have
 * a score.
 *
 * @param judge The judge.
 * @param options See {@linkcode ShowOptions}.
 * @returns The metric, `vie`.
 *
 * @example Usage
 * ```ts
 * import { openJudge, vieMetric } from "@edit-transfer/judge";
 * import assert from "node:assert/strict";
 *
 * const judge = await openJudge({ url: "http://localhost:8000", model: "qwen" });
 * assert.equal(vieMetric(judge).name, "vie");
 * ```
 */
export function vieMetric(
  judge: Judge,
  options: ShowOptions = {},
): Metric<Verdict<VieScore>, Exemplar> {
  return {
    name: "vie",
    best: 10,
    digits: 2,
    score: (output, known) =>
      judge.judge(
        aboutOf("vie", known),
        (ask) => vieScore(ask, known, output, options),
      ),
    summarize: meanOverall,
  };
}

/** What a reply is about, as the file of replies names it. */
function aboutOf(metric: string, { id }: Exemplar): string {
  return id === undefined ? metric : `${id} ${metric}`;
}

/** Mean of the scores that there are; NaN of none. */
function meanOverall(
  verdicts: readonly Verdict<{ readonly overall: number }>[],
): number {
  const scores = verdicts.flatMap((verdict) =>
    "score" in verdict ? [verdict.score.overall] : []
  );
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
