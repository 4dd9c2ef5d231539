import type { Image } from "@edit-transfer/image";
import {
  type AnswerMetric,
  gain,
  keep,
  type Metric,
  type SeedsMetric,
  win,
} from "@edit-transfer/metrics";
import { type AnsweredCase, type Case, hasAnswer } from "./case.ts";
import { type CaseSets, type Condition, CONDITIONS } from "./conditions.ts";
import type { Editor } from "./editor.ts";
import type { ScoreCache } from "./score_cache.ts";
import { type KeptOutput, type OutputSource, timed } from "./timed_output.ts";

/**
 * A metric of cases: it may look at the example and the words too, and at the
 * answer where it says that it needs one.
 */
export type CaseMetric =
  | AnswerMetric<unknown, AnsweredCase>
  | (Metric<unknown, Case> & { readonly needsAnswer?: undefined })
  | SeedsMetric;

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
  /** Seeds of a case; its index alone by default. */
  readonly seedsOf?:
    | ((one: Case, index: number) => readonly number[])
    | undefined;
  /** Number of outputs of each condition to keep; 0 by default. */
  readonly keepOutputs?: number | undefined;
  /** Where outputs are kept and taken from again; nowhere by default. */
  readonly store?: OutputSource | undefined;
  /** Where scores of models are kept and taken from again; nowhere by default. */
  readonly scores?: ScoreCache | undefined;
  /** Called with the first output of each case, e.g. to make it small. */
  readonly onOutput?:
    | ((output: Image, place: EvaluateProgress) => void | Promise<void>)
    | undefined;
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
  /** Whether all outputs of the last case were taken from the store. */
  readonly kept: boolean;
}

/** What one condition gave. */
export interface ConditionResult {
  /** The condition. */
  readonly condition: Condition;
  /** Its cases. */
  readonly cases: readonly Case[];
  /** Seeds of each case. */
  readonly seeds: readonly (readonly number[])[];
  /** Seconds that the edits took, those of an earlier run among them. */
  readonly seconds: number;
  /** The metrics, each with scores for every case. */
  readonly measures: readonly Measure[];
  /** The first outputs, as many as were to be kept. */
  readonly outputs: readonly Image[];
}

/** A metric and its scores. */
export interface Measure {
  /** The metric. */
  readonly metric: CaseMetric;
  /**
   * For every case a score of each seed, or one of all; undefined where there
   * was nothing to measure.
   */
  readonly scores: readonly (readonly unknown[])[];
}

/**
 * Measures an editor under conditions, all metrics in one pass over the outputs.
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
 *   edit: ({ answer, query }) => Promise.resolve(answer ?? query),
 *   reconstruct: (picture) => Promise.resolve(picture),
 * };
 * const sets = drawnSets({ seed: 1, count: 2 });
 * const conditions = CONDITIONS.filter(({ name }) => name === "right");
 * for await (const { measures } of evaluate(perfect, { sets, conditions })) {
 *   const [gain] = measures;
 *   assert.equal(gain!.metric.summarize(gain!.scores.flat()), 1);
 * }
 * ```
 */
export async function* evaluate(
  editor: Editor,
  options: EvaluateOptions,
): AsyncGenerator<ConditionResult> {
  const { sets, conditions = CONDITIONS, metrics = METRICS } = options;
  const { seedsOf = (_, index) => [index], keepOutputs = 0 } = options;
  const { store, scores: cache } = options;
  const { onOutput, onProgress, signal } = options;
  for (const condition of conditions) {
    const cases = await condition.cases(sets);
    const measures = metrics.map((metric) => ({
      metric,
      scores: [] as unknown[][],
    }));
    const outputs: Image[] = [];
    const seeds: (readonly number[])[] = [];
    let seconds = 0;
    for (const [index, one] of cases.entries()) {
      const own: KeptOutput[] = [];
      for (const seed of seedsOf(one, index)) {
        signal?.throwIfAborted();
        const edit = () => condition.output(one, editor, { seed, signal });
        own.push(
          await (store?.take(edit, { condition: condition.name, one, seed }) ??
            timed(edit)),
        );
      }
      const images = own.map(({ image }) => image);
      seeds.push(seedsOf(one, index));
      seconds += own.reduce((sum, { seconds }) => sum + seconds, 0);
      if (index < keepOutputs) outputs.push(...images.slice(0, 1));
      for (const { metric, scores } of measures) {
        scores.push(await scoresOf(metric, own, { one, cache }));
      }
      const place = {
        condition,
        done: index + 1,
        cases: cases.length,
        kept: own.every(({ kept }) => kept),
      };
      if (images.length > 0) await onOutput?.(images[0]!, place);
      onProgress?.(place);
    }
    await store?.end?.(condition.name);
    yield { condition, cases, seeds, seconds, measures, outputs };
  }
}

async function scoresOf(
  metric: CaseMetric,
  outputs: readonly KeptOutput[],
  { one, cache }: {
    readonly one: Case;
    readonly cache: ScoreCache | undefined;
  },
): Promise<unknown[]> {
  if ("acrossSeeds" in metric) {
    return [
      await metric.score(
        outputs.map(({ image }) => image),
        outputs.map(({ seconds }) => seconds),
      ),
    ];
  }
  const scores: unknown[] = [];
  for (const { image: output } of outputs) {
    const score = () =>
      !metric.needsAnswer
        ? metric.score(output, one)
        : hasAnswer(one)
        ? metric.score(output, one)
        : undefined;
    scores.push(
      await (cache?.take(metric, { output, one }, score) ?? score()),
    );
  }
  return scores;
}
