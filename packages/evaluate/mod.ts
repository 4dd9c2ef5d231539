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
export { type Case, caseOf, drawCases, type DrawCasesOptions } from "./case.ts";
export {
  type CaseSets,
  type Condition,
  CONDITIONS,
  drawnSets,
} from "./conditions.ts";
export { contactSheet, type SheetRow } from "./contact_sheet.ts";
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
export { readCases } from "./read_cases.ts";
export {
  type ConditionReport,
  type GroupReport,
  type Report,
  reportOf,
  type Values,
} from "./report.ts";
export { reportPaths, writeReport } from "./write_report.ts";
