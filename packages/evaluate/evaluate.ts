import type { Image } from "@edit-transfer/image";
import { gain, keep, type Metric, win } from "@edit-transfer/metrics";
import type { Case } from "./case.ts";
import { type CaseSets, type Condition, CONDITIONS } from "./conditions.ts";
import type { Editor } from "./editor.ts";

/** A metric of cases: it may look at the example and the words too. */
export type CaseMetric = Metric<unknown, Case>;

/** The metrics that are measured by default. */
export const METRICS: readonly CaseMetric[] = [gain, keep, win];

/** Options of {@linkcode evaluate}. */
export interface EvaluateOptions {
  /** Where the cases come from. */
  readonly sets: CaseSets;
  /** What to measure under; all of {@linkcode CONDITIONS} by default. */
  readonly conditions?: readonly Condition[] | undefined;
  /** What to measure; {@linkcode METRICS} by default. */
  readonly metrics?: readonly CaseMetric[] | undefined;
  /** Number of outputs of each condition to keep; 0 by default. */
  readonly keepOutputs?: number | undefined;
  /** Called after each case. */
  readonly onProgress?:
    | ((progress: EvaluateProgress) => void)
    | undefined;
  /** Stops the evaluation with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How far an evaluation is. */
export interface EvaluateProgress {
  /** Condition that is measured. */
  readonly condition: Condition;
  /** Cases of it that are done. */
  readonly done: number;
  /** Cases of it in all. */
  readonly cases: number;
}

/** What one condition gave. */
export interface ConditionResult {
  /** The condition. */
  readonly condition: Condition;
  /** Its cases. */
  readonly cases: readonly Case[];
  /** The metrics, each with a score for every case. */
  readonly measures: readonly Measure[];
  /** The first outputs, as many as were to be kept. */
  readonly outputs: readonly Image[];
}

/** A metric and its scores. */
export interface Measure {
  /** The metric. */
  readonly metric: CaseMetric;
  /** A score for every case. */
  readonly scores: readonly unknown[];
}

/**
 * Measures an editor under conditions, one seed a case: its index.
 *
 * @param editor What is evaluated.
 * @param options See {@linkcode EvaluateOptions}.
 * @returns The conditions' results, each when it is complete.
 *
 * @example Usage
 * ```ts
 * import { CONDITIONS, drawnSets, type Editor, evaluate } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * const perfect: Editor = {
 *   edit: ({ answer }) => Promise.resolve(answer),
 *   reconstruct: (picture) => Promise.resolve(picture),
 * };
 * const sets = drawnSets({ seed: 1, count: 2 });
 * const conditions = CONDITIONS.filter(({ name }) => name === "right");
 * for await (const { measures } of evaluate(perfect, { sets, conditions })) {
 *   const [gain] = measures;
 *   assert.equal(gain!.metric.summarize(gain!.scores), 1);
 * }
 * ```
 */
export async function* evaluate(
  editor: Editor,
  options: EvaluateOptions,
): AsyncGenerator<ConditionResult> {
  const { sets, conditions = CONDITIONS, metrics = METRICS } = options;
  const { keepOutputs = 0, onProgress, signal } = options;
  for (const condition of conditions) {
    const cases = await condition.cases(sets);
    const measures = metrics.map((metric) => ({
      metric,
      scores: [] as unknown[],
    }));
    const outputs: Image[] = [];
    for (const [seed, one] of cases.entries()) {
      signal?.throwIfAborted();
      const output = await condition.output(one, editor, { seed, signal });
      if (seed < keepOutputs) outputs.push(output);
      for (const { metric, scores } of measures) {
        scores.push(await metric.score(output, one));
      }
      onProgress?.({ condition, done: seed + 1, cases: cases.length });
    }
    yield { condition, cases, measures, outputs };
  }
}
