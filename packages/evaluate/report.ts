import type { MetricSource } from "@edit-transfer/metrics";
import { BOOTSTRAP, bootstrap, type Interval } from "./bootstrap.ts";
import type { CaseMetric, ConditionResult, Measure } from "./evaluate.ts";
import { familyOf } from "./family.ts";

/** Values of metrics by their names; null for infinity, or without cases. */
export type Values = Readonly<Record<string, number | null>>;

/** Intervals of metrics by their names; null where there is none. */
export type Intervals = Readonly<Record<string, Interval | null>>;

/** Measures of a set of cases. */
export interface GroupReport {
  /** Number of cases. */
  readonly cases: number;
  /** Measures over all of them, and over all of their seeds. */
  readonly values: Values;
  /** Number of cases that each metric could measure, where it is less. */
  readonly measured?: Readonly<Record<string, number>> | undefined;
  /** Intervals of the values; reports of earlier versions have none. */
  readonly intervals?: Intervals | undefined;
  /** Measures of the best seed of each case by that metric, where there are several. */
  readonly best?: GroupBest | undefined;
}

/** Measures of the best seed of each case. */
export interface GroupBest {
  /** Measures over the cases. */
  readonly values: Values;
  /** Their intervals. */
  readonly intervals: Intervals;
}

/** Measures under one condition. */
export interface ConditionReport extends GroupReport {
  /** Short name of the condition. */
  readonly name: string;
  /** Name in tables. */
  readonly title: string;
  /** Most seeds of a case, where it is more than one. */
  readonly seeds?: number | undefined;
  /** Upper medians of the cases' own measures. */
  readonly medians: Values;
  /** Measures by family of edits. */
  readonly families: Readonly<Record<string, GroupReport>>;
  /** Measures by type of edit. */
  readonly types: Readonly<Record<string, GroupReport>>;
}

/** A metric in a report. */
export interface MetricReport {
  /** Its name. */
  readonly name: string;
  /** Decimals in tables. */
  readonly digits: number;
  /** Value of a perfect output, null for infinity; earlier reports have none. */
  readonly best?: number | null | undefined;
  /** Unit in tables. */
  readonly unit?: string | undefined;
  /** The model that scores. */
  readonly source?: MetricSource | undefined;
}

/** An evaluation, plain JSON. */
export interface Report {
  /** What was evaluated, and how. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** How intervals were made; reports of earlier versions have none. */
  readonly bootstrap?: typeof BOOTSTRAP | undefined;
  /** The metrics, in the order of the tables. */
  readonly metrics: readonly MetricReport[];
  /** The conditions, in the order in which they were measured. */
  readonly conditions: readonly ConditionReport[];
}

/**
 * Measures of an evaluation with their intervals, over all cases, by family and
 * by type. A metric that measured nothing at all is left out.
 *
 * @param results What `evaluate` gave.
 * @param settings What was evaluated, and how.
 * @returns The report, plain JSON.
 *
 * @example Usage
 * ```ts
 * import { reportOf } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(reportOf([], { seed: 1 }).settings, { seed: 1 });
 * ```
 */
export function reportOf(
  results: readonly ConditionResult[],
  settings: Readonly<Record<string, unknown>>,
): Report {
  const measures = results[0]?.measures ?? [];
  return {
    settings,
    bootstrap: BOOTSTRAP,
    metrics: measures.map(({ metric }) => ({
      name: metric.name,
      digits: metric.digits,
      best: finite(metric.best),
      ...metric.unit !== undefined && { unit: metric.unit },
      ...metric.source !== undefined && { source: metric.source },
    })),
    conditions: results.map(conditionReport),
  };
}

function conditionReport(result: ConditionResult): ConditionReport {
  const { condition: { name, title }, cases, seeds, measures } = result;
  const all = cases.map((_, i) => i);
  const grouped = (groupOf: (index: number) => string) =>
    Object.fromEntries(
      [...Map.groupBy(all, groupOf)].sort().map((
        [name, members],
      ) => [name, groupReport(measures, members)]),
    );
  const most = Math.max(1, ...seeds.map(({ length }) => length));
  return {
    name,
    title,
    ...most > 1 && { seeds: most },
    ...groupReport(measures, all),
    medians: valuesOf(measures, ({ metric, scores }) => {
      const own = all.map((i) => summary(metric, scores, [i]))
        .filter((value) => !Number.isNaN(value));
      return own.sort((a, b) => a - b)[own.length >> 1] ?? NaN;
    }),
    families: grouped((i) => familyOf(cases[i]!.types[0] ?? "")),
    types: grouped((i) => cases[i]!.types.join(" + ")),
  };
}

function groupReport(
  measures: readonly Measure[],
  members: readonly number[],
): GroupReport {
  const own = measures.map(({ metric, scores }) => ({
    metric,
    scores: members
      .map((i) => scores[i]!.filter((score) => score !== undefined))
      .filter(({ length }) => length > 0),
  }));
  const best = own.filter(({ metric }) => !("acrossSeeds" in metric))
    .map(({ metric, scores }) => ({
      metric,
      scores: scores.map((seeds) => [bestOf(metric, seeds)]),
    }));
  const fewer = own.filter(({ scores }) => scores.length < members.length);
  return {
    cases: members.length,
    ...setReport(own),
    ...fewer.length > 0 && {
      measured: Object.fromEntries(
        fewer.map(({ metric, scores }) => [metric.name, scores.length]),
      ),
    },
    ...own.some(({ scores }) => scores.some(({ length }) => length > 1)) &&
      { best: setReport(best) },
  };
}

function setReport(measures: readonly Measure[]): GroupBest {
  return {
    values: valuesOf(
      measures,
      ({ metric, scores }) => metric.summarize(scores.flat()),
    ),
    intervals: Object.fromEntries(measures.map(({ metric, scores }) => [
      metric.name,
      bootstrap(
        scores.length,
        (members) => summary(metric, scores, members),
      ) ?? null,
    ])),
  };
}

/** Values of all metrics for one case, over its seeds. */
export function caseValues(result: ConditionResult, index: number): Values {
  return valuesOf(
    result.measures,
    ({ metric, scores }) => summary(metric, scores, [index]),
  );
}

function summary(
  metric: CaseMetric,
  scores: Measure["scores"],
  members: readonly number[],
): number {
  const all: unknown[] = []; // by push: this is the bootstrap's inner loop
  for (const i of members) {
    for (const score of scores[i]!) if (score !== undefined) all.push(score);
  }
  return metric.summarize(all);
}

/** The score whose own measure is nearest to that of a perfect output. */
function bestOf(metric: CaseMetric, scores: readonly unknown[]): unknown {
  const badness = (score: unknown) => {
    const value = metric.summarize([score]);
    return Number.isFinite(metric.best)
      ? Math.abs(metric.best - value)
      : -value;
  };
  return scores.reduce((best, score) =>
    badness(score) < badness(best) ? score : best
  );
}

function valuesOf(
  measures: readonly Measure[],
  valueOf: (measure: Measure) => number,
): Values {
  return Object.fromEntries(
    measures.map((measure) => [measure.metric.name, finite(valueOf(measure))]),
  );
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
