import { familyOf } from "./family.ts";
import type { ConditionResult } from "./evaluate.ts";
import type { ConditionReport, GroupReport, Report } from "./report.ts";
import { caseValues } from "./report.ts";

/**
 * All figures of a report as CSV (RFC 4180), a line each: condition, group,
 * metric, number of cases, mean over seeds and best seed with their intervals.
 *
 * @param report What `reportOf` gave.
 * @returns The text, with a head line.
 *
 * @example Usage
 * ```ts
 * import { figuresCsv } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * const csv = figuresCsv({ settings: {}, metrics: [], conditions: [] });
 * assert.match(csv, /^condition,group,metric,n,value,low,high,/);
 * ```
 */
export function figuresCsv(report: Report): string {
  const { metrics, conditions } = report;
  const groupsOf = (one: ConditionReport): [string, GroupReport][] => [
    ["all", one],
    ...Object.entries(one.families).map((
      [name, group],
    ) => [`family ${name}`, group] as [string, GroupReport]),
    ...Object.entries(one.types).map((
      [name, group],
    ) => [`type ${name}`, group] as [string, GroupReport]),
  ];
  return csvText([
    [
      ...["condition", "group", "metric", "n", "value", "low", "high"],
      ...["seeds", "best_value", "best_low", "best_high"],
    ],
    ...conditions.flatMap((one) =>
      groupsOf(one).flatMap(([name, group]) =>
        metrics.map((metric) => [
          one.name,
          name,
          metric.name,
          group.measured?.[metric.name] ?? group.cases,
          group.values[metric.name],
          ...group.intervals?.[metric.name] ?? ["", ""],
          one.seeds ?? 1,
          group.best?.values[metric.name],
          ...group.best?.intervals[metric.name] ?? ["", ""],
        ])
      )
    ),
  ]);
}

/**
 * The measures of every case as CSV, a line each.
 *
 * @param results What `evaluate` gave.
 * @returns The text, with a head line.
 *
 * @example Usage
 * ```ts
 * import { casesCsv } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * assert.equal(casesCsv([]), "condition,id,edit,types,family,seeds\r\n");
 * ```
 */
export function casesCsv(results: readonly ConditionResult[]): string {
  const names = (results[0]?.measures ?? []).map(({ metric }) => metric.name);
  return csvText([
    ["condition", "id", "edit", "types", "family", "seeds", ...names],
    ...results.flatMap((result) =>
      result.cases.map(({ id, words, types }, index) => {
        const values = caseValues(result, index);
        return [
          result.condition.name,
          id,
          words,
          types.join(" + "),
          familyOf(types[0] ?? ""),
          result.seeds[index]!.join(" "),
          ...names.map((name) => values[name]),
        ];
      })
    ),
  ]);
}

/** Rows of cells, which are quoted where they have to be; null is empty. */
function csvText(
  rows: readonly (readonly (string | number | null | undefined)[])[],
): string {
  return rows.map((row) => `${row.map(cellText).join(",")}\r\n`).join("");
}

function cellText(cell: string | number | null | undefined): string {
  if (typeof cell !== "string") return String(cell ?? "");
  // a spreadsheet would take these for formulas
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
