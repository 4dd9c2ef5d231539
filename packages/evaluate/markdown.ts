import { BOOTSTRAP } from "./bootstrap.ts";
import { figureText, plainText } from "./figure_text.ts";
import { tableText } from "./markdown_table.ts";
import { paperTable } from "./paper_table.ts";
import type { ConditionReport, GroupReport, Report } from "./report.ts";

/**
 * The measures of all conditions as a Markdown table, a condition a row.
 *
 * @param report What `reportOf` gave.
 * @returns The table, its columns aligned.
 *
 * @example Usage
 * ```ts
 * import { conditionTable } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * const table = conditionTable({ settings: {}, metrics: [], conditions: [] });
 * assert.match(table, /^\|/);
 * ```
 */
export function conditionTable(report: Report): string {
  const { metrics, conditions } = report;
  return tableText([
    ["", ...metrics.map(({ name }) => name)],
    ...conditions.map((one) => [
      one.title,
      ...metrics.map((metric) => plainText(one, metric)),
    ]),
  ]);
}

/**
 * A report in Markdown: all conditions with numbers of cases and intervals, the
 * best of several seeds apart, the paper's Table 1 where its metrics were
 * measured, the settings and models, then for each condition measures by family
 * and by type.
 *
 * @param report What `reportOf` gave.
 * @returns The text.
 *
 * @example Usage
 * ```ts
 * import { markdownReport } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * const text = markdownReport({ settings: { seed: 1 }, metrics: [], conditions: [] });
 * assert.match(text, /seed 1/);
 * ```
 */
export function markdownReport(report: Report): string {
  return [
    "# Evaluation\n",
    figureTable(report, "", report.conditions.map((one) => [one.title, one])),
    bestTable(report),
    paperTable(report),
    ...reportNotes(report).map((note) => `${note}\n`),
    ...report.conditions.map((one) => conditionSection(report, one)),
  ].filter((part) => part !== "").join("\n");
}

/** What figures are of and how they were made, a sentence each. */
export function reportNotes(
  { settings, metrics, bootstrap }: Report,
): string[] {
  const set = Object.entries(settings)
    .map(([name, value]) => `${name} ${value}`).join(", ");
  const byModel = Map.groupBy(
    metrics,
    ({ source }) =>
      source &&
      `${source.model}, SHA-256 ${source.hash}; ${source.preprocessing}.`,
  );
  const sources = [...byModel].flatMap(([told, own]) =>
    told === undefined
      ? []
      : [`${own.map(({ name }) => name).join(", ")}: ${told}`]
  );
  return [
    `${set}.`,
    ...bootstrap === undefined ? [] : [INTERVALS],
    ...sources,
  ];
}

/** How intervals were made. */
const INTERVALS = `In brackets: ${
  100 * BOOTSTRAP.level
} % intervals, percentiles of ${BOOTSTRAP.resamples} bootstrap resamples over cases, seed ${BOOTSTRAP.seed}.`;

/** Means over seeds stand in the first table, so this one stands apart. */
function bestTable(report: Report): string {
  const several = report.conditions.filter(({ best }) => best !== undefined);
  if (several.length === 0) return "";
  const rows = bestRows(report);
  return [
    "## The best seed of each case\n",
    tableText(rows),
    "Above, all seeds count; here, of each case the seed that is best by the metric of the column, which nobody knows without the answer.\n",
  ].join("\n");
}

/** Head and rows of the best seeds. */
export function bestRows({ metrics, conditions }: Report): string[][] {
  return [
    ["", "n", "best of", ...metrics.map(({ name }) => name)],
    ...conditions.flatMap((one) =>
      one.best === undefined ? [] : [[
        one.title,
        String(one.cases),
        String(one.seeds),
        ...metrics.map((metric) => figureText(one, metric, one.best)),
      ]]
    ),
  ];
}

function conditionSection(report: Report, one: ConditionReport): string {
  const groups = (by: Readonly<Record<string, GroupReport>>) =>
    Object.entries(by);
  return [
    `## ${one.title} (${one.cases})\n`,
    figureTable(report, "family", groups(one.families)),
    figureTable(report, "type", groups(one.types)),
  ].join("\n");
}

function figureTable(
  report: Report,
  head: string,
  groups: readonly (readonly [name: string, group: GroupReport])[],
): string {
  return tableText(figureRows(report, head, groups));
}

/** Head and rows of groups, each with its number of cases and figures. */
export function figureRows(
  { metrics }: Report,
  head: string,
  groups: readonly (readonly [name: string, group: GroupReport])[],
): string[][] {
  return [
    [head, "n", ...metrics.map(({ name }) => name)],
    ...groups.map(([name, group]) => [
      name,
      String(group.cases),
      ...metrics.map((metric) => figureText(group, metric)),
    ]),
  ];
}
