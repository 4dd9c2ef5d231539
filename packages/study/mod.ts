/**
 * User studies of edits: two outputs side by side, three questions on each pair.
 *
 * {@linkcode designStudy} balances methods, cases, sides and blocks,
 * {@linkcode writeStudy} makes a page of it that needs no server,
 * {@linkcode readAnswers} reads what people downloaded there, and
 * {@linkcode tallyStudy} says what was preferred, how surely, and by whom.
 *
 * ```ts
 * import { designStudy, markdownTally, tallyStudy } from "@edit-transfer/study";
 * import assert from "node:assert/strict";
 *
 * const cases = Array.from({ length: 198 }, (_, i) => ({
 *   id: String(i),
 *   isAnswered: true,
 * }));
 * const study = designStudy({ cases, methods: ["ours", "sdedit"], seed: 7 });
 * assert.match(markdownTally(tallyStudy(study, [])), /0 of 0 counted/);
 * ```
 *
 * @module
 */
export { type PersonAnswers, readAnswers, type Side } from "./answers.ts";
export {
  type DesignOptions,
  designStudy,
  PAPER_TASKS,
} from "./design_study.ts";
export type { PersonReport } from "./people.ts";
export { DEFAULT_RULES, type Rules, rulesOf } from "./rules.ts";
export {
  type Question,
  QUESTIONS,
  readStudy,
  type Study,
  STUDY_FILE,
  type Task,
} from "./study_file.ts";
export {
  type PairTally,
  type QuestionTally,
  type StrengthTally,
  type Tally,
  type TallyOptions,
  tallyStudy,
} from "./tally_study.ts";
export { markdownTally, type TallyTable, tallyTables } from "./tally_tables.ts";
export { type StudyCase, writeStudy } from "./write_study.ts";
