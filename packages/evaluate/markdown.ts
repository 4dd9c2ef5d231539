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
  return tableOf(report, "", report.conditions.map((one) => [one.title, one]));
}

/**
 * A report in Markdown: the table of {@linkcode conditionTable}, the settings,
 * then for each condition measures by family and by type.
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
  const settings = Object.entries(report.settings)
    .map(([name, value]) => `${name} ${value}`).join(", ");
  return [
    "# Evaluation\n",
    conditionTable(report),
    `${settings}.\n`,
    ...report.conditions.map((one) => conditionSection(report, one)),
  ].join("\n");
}

function conditionSection(report: Report, one: ConditionReport): string {
  const groups = (by: Readonly<Record<string, GroupReport>>) =>
    Object.entries(by).map(([name, group]) =>
      [`${name} (${group.cases})`, group] as const
    );
  return [
    `## ${one.title} (${one.cases})\n`,
    tableOf(report, "family", groups(one.families)),
    tableOf(report, "type", groups(one.types)),
  ].join("\n");
}

function tableOf(
  { metrics }: Report,
  head: string,
  groups: readonly (readonly [name: string, group: GroupReport])[],
): string {
  const rows = [
    [head, ...metrics.map(({ name }) => name)],
    ...groups.map(([name, { cases, values }]) => [
      name,
      ...metrics.map(({ name, digits, unit }) => {
        if (cases === 0) return "–";
        const text = values[name]?.toFixed(digits) ?? "∞";
        return unit === undefined ? text : `${text} ${unit}`;
      }),
    ]),
  ];
  const widths = rows[0]!.map((_, column) =>
    Math.max(3, ...rows.map((cells) => cells[column]!.length))
  );
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  const [first, ...others] = rows.map((cells) =>
    line(
      cells.map((cell, column) =>
        column === 0
          ? cell.padEnd(widths[column]!)
          : cell.padStart(widths[column]!)
      ),
    )
  );
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`
  );
  return [first, line(rule), ...others].join("");
}
