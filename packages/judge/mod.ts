/**
 * Judges: vision-language models behind any endpoint of OpenAI's chat
 * completions, asked how well an edit was transferred.
 *
 * {@linkcode openJudge} opens one; {@linkcode lmmScore}, {@linkcode vieScore} and
 * {@linkcode pairwise} are the procedures, {@linkcode lmmMetric} and
 * {@linkcode vieMetric} the first two as metrics.
 *
 * ```ts
 * import { openJudge, pairwise } from "@edit-transfer/judge";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const judge = await openJudge({ url: "http://localhost:8000", model: "qwen" });
 * const [grey, white] = [blankImage(64, 64), blankImage(64, 64)];
 * const one = { before: grey, after: white, query: grey };
 * const { calls } = await judge.estimate([
 *   (ask) => pairwise(ask, one, [grey, white]),
 * ]);
 * assert.equal(calls, 2); // in both orders
 * ```
 *
 * @module
 */
export type { Ask, Message, Part, Question } from "./chat.ts";
export { type EndpointOptions, KEY_VARIABLES } from "./endpoint.ts";
export type { Control, Exemplar, ShowOptions } from "./exemplar.ts";
export {
  type Cost,
  type Judge,
  type JudgeOptions,
  openJudge,
  type Procedure,
  type Verdict,
} from "./judge.ts";
export { type Fault, JudgeError } from "./judge_error.ts";
export {
  type Judgement,
  judgeMethods,
  type JudgeMethodsOptions,
  type JudgeTask,
  judgeTasks,
  type MethodsExemplar,
  type Protocol,
  PROTOCOLS,
} from "./judge_methods.ts";
export {
  LMM_WEIGHTS,
  type LmmFactor,
  type LmmOptions,
  type LmmScore,
  lmmScore,
} from "./lmm_score.ts";
export { lmmMetric, vieMetric } from "./metrics.ts";
export {
  PAIR_QUESTIONS,
  type PairScore,
  pairwise,
  type Share,
} from "./pairwise.ts";
export {
  type JudgedRow,
  type JudgedTable,
  judgedTables,
  type JudgedValue,
  summarizeJudgements,
} from "./summarize_judgements.ts";
export { unscoredNotices } from "./unscored.ts";
export { type VieScore, vieScore } from "./vie_score.ts";
