/**
 * Evaluation: how well a model transfers edits whose answers are known.
 *
 * An {@linkcode Editor} answers {@linkcode Case}s under {@linkcode CONDITIONS}
 * (the right example, another one, no words, no LoRA, …), metrics compare its
 * outputs with the answers, and a {@linkcode Report} sums them up.
 *
 * ```ts
 * import { conditionTable, CONDITIONS, drawnSets, type Editor, evaluate, reportOf } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * const doesNothing: Editor = {
 *   edit: ({ query }) => Promise.resolve(query),
 *   reconstruct: (picture) => Promise.resolve(picture),
 * };
 * const results = await Array.fromAsync(evaluate(doesNothing, {
 *   sets: drawnSets({ seed: 1, count: 4 }),
 *   conditions: CONDITIONS.filter(({ name }) => name === "right"),
 * }));
 * const table = conditionTable(reportOf(results, { seed: 1 }));
 * assert.match(table, /the example, seen types of edit \| 0\.00 \|/);
 * ```
 *
 * @module
 */
export { BOOTSTRAP, bootstrap, type Interval } from "./bootstrap.ts";
export {
  type AnsweredCase,
  type Case,
  caseOf,
  drawCases,
  type DrawCasesOptions,
  hasAnswer,
} from "./case.ts";
export {
  type CaseSets,
  type Condition,
  CONDITIONS,
  type DrawnSet,
  drawnSets,
  MORE_CONDITIONS,
  SUITES,
} from "./conditions.ts";
export { contactSheet, type SheetRow } from "./contact_sheet.ts";
export { casesCsv, figuresCsv } from "./csv.ts";
export { editSeconds } from "./edit_seconds.ts";
export { PICTURE_METRICS } from "./picture_metrics.ts";
export { type EditCaseOptions, type Editor } from "./editor.ts";
export {
  type CaseMetric,
  type ConditionResult,
  evaluate,
  type EvaluateOptions,
  type EvaluateProgress,
  type Measure,
  METRICS,
} from "./evaluate.ts";
export { type Family, familyOf } from "./family.ts";
export { conditionTable, markdownReport } from "./markdown.ts";
export {
  type ModelEditor,
  openEditor,
  type OpenEditorOptions,
} from "./open_editor.ts";
export { OutputStore } from "./output_store.ts";
export { type Card, Gallery } from "./page/gallery.ts";
export { htmlReport } from "./page/page.ts";
export { PAPER_TABLE, type PaperRow, paperRows } from "./paper_table.ts";
export { readCases } from "./read_cases.ts";
export { readResults, type Results } from "./read_results.ts";
export {
  type ConditionReport,
  type GroupBest,
  type GroupReport,
  type Intervals,
  type MetricReport,
  type Report,
  reportOf,
  type Values,
} from "./report.ts";
export {
  type KeptOutput,
  type OutputPlace,
  type OutputSource,
} from "./timed_output.ts";
export { ScoreCache } from "./score_cache.ts";
export { reportPaths, writeReport } from "./write_report.ts";
