import { familyOf } from "./family.ts";
import type { ConditionResult, Measure } from "./evaluate.ts";

/** Values of metrics by their names; null for infinity, or without cases. */
export type Values = Readonly<Record<string, number | null>>;

/** Measures of a set of cases. */
export interface GroupReport {
  /** Number of cases. */
  readonly cases: number;
  /** Measures over all of them. */
  readonly values: Values;
}

/** Measures under one condition. */
export interface ConditionReport extends GroupReport {
  /** Short name of the condition. */
  readonly name: string;
  /** Name in tables. */
  readonly title: string;
  /** Upper medians of the cases' own measures. */
  readonly medians: Values;
  /** Measures by family of edits. */
  readonly families: Readonly<Record<string, GroupReport>>;
  /** Measures by type of edit. */
  readonly types: Readonly<Record<string, GroupReport>>;
}

/** An evaluation, plain JSON. */
export interface Report {
  /** What was evaluated, and how. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Names of the metrics, with decimals and unit. */
  readonly metrics: readonly {
    readonly name: string;
    readonly digits: number;
    readonly unit?: string | undefined;
  }[];
  /** The conditions, in the order in which they were measured. */
  readonly conditions: readonly ConditionReport[];
}

/**
 * Measures of an evaluation, over all cases, by family and by type.
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
  return {
    settings,
    metrics: (results[0]?.measures ?? []).map(({ metric }) => ({
      name: metric.name,
      digits: metric.digits,
      ...(metric.unit === undefined ? {} : { unit: metric.unit }),
    })),
    conditions: results.map(conditionReport),
  };
}

function conditionReport(result: ConditionResult): ConditionReport {
  const { condition: { name, title }, cases, measures } = result;
  const all = cases.map((_, i) => i);
  const grouped = (groupOf: (index: number) => string) =>
    Object.fromEntries(
      [...Map.groupBy(all, groupOf)].sort().map((
        [name, members],
      ) => [name, groupReport(measures, members)]),
    );
  return {
    name,
    title,
    ...groupReport(measures, all),
    medians: valuesOf(measures, ({ metric, scores }) => {
      const own = scores.map((score) => metric.summarize([score]));
      return own.sort((a, b) => a - b)[own.length >> 1] ?? NaN;
    }),
    families: grouped((i) => familyOf(cases[i]!.types[0]!)),
    types: grouped((i) => cases[i]!.types.join(" + ")),
  };
}

function groupReport(
  measures: readonly Measure[],
  members: readonly number[],
): GroupReport {
  return {
    cases: members.length,
    values: valuesOf(
      measures,
      ({ metric, scores }) => metric.summarize(members.map((i) => scores[i])),
    ),
  };
}

/** Values of all metrics for one case. */
export function caseValues(result: ConditionResult, index: number): Values {
  return valuesOf(
    result.measures,
    ({ metric, scores }) => metric.summarize([scores[index]]),
  );
}

function valuesOf(
  measures: readonly Measure[],
  valueOf: (measure: Measure) => number,
): Values {
  return Object.fromEntries(measures.map((measure) => {
    const value = valueOf(measure);
    return [measure.metric.name, Number.isFinite(value) ? value : null];
  }));
}
