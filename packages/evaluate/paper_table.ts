import { tableText } from "./markdown_table.ts";
import { figureText } from "./figure_text.ts";
import type { Report } from "./report.ts";

/** A row of the paper's Table 1; null where it has no number. */
export interface PaperRow {
  /** Its method. */
  readonly title: string;
  /** Its numbers by the names of metrics. */
  readonly values: Readonly<Record<string, number | null>>;
}

/**
 * Table 1 of the paper: CLIP-T (times 100), CLIP-I (output against the example's
 * after) and PickScore, all on its own photographs.
 *
 * Source: Chen et al. 2025, arXiv 2503.13327v2, Table 1.
 */
export const PAPER_TABLE: readonly PaperRow[] = ([
  ["Edit Transfer", 22.58, 0.810, 21.50],
  ["P2P", 20.22, null, 20.60],
  ["RF-Solver-Edit", 19.83, null, 20.96],
  ["Stable Flow", 18.67, null, 20.91],
  ["MimicBrush", null, 0.804, 20.34],
  ["PIXELS", null, 0.761, 20.82],
] as const).map(([title, clipT, clipI, pickscore]) => ({
  title,
  values: { "clip-t": clipT, "clip-i": clipI, pickscore },
}));

/** Its columns, with their decimals. */
const COLUMNS = [
  { name: "clip-t", title: "CLIP-T ↑", digits: 2 },
  { name: "clip-i", title: "CLIP-I ↑", digits: 3 },
  { name: "pickscore", title: "PickScore ↑", digits: 2 },
] as const;

/**
 * Rows of the paper's Table 1, ours above its own numbers.
 *
 * @param report What `reportOf` gave.
 * @returns Head and rows; undefined where none of its metrics was measured.
 *
 * @example Usage
 * ```ts
 * import { paperRows } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * assert.equal(paperRows({ settings: {}, metrics: [], conditions: [] }), undefined);
 * ```
 */
export function paperRows(report: Report): string[][] | undefined {
  const measured = COLUMNS.filter(({ name }) =>
    report.metrics.some((metric) => metric.name === name)
  );
  if (measured.length === 0) return undefined;
  const own = report.conditions.map((one) => [
    one.title,
    String(one.cases),
    ...COLUMNS.map((column) =>
      measured.includes(column) ? figureText(one, column) : "–"
    ),
  ]);
  const paper = PAPER_TABLE.map(({ title, values }) => [
    `${title} (paper)`,
    "",
    ...COLUMNS.map(({ name, digits }) => values[name]?.toFixed(digits) ?? "–"),
  ]);
  return [["", "n", ...COLUMNS.map(({ title }) => title)], ...own, ...paper];
}

/** The same in Markdown, with what the numbers are of; empty without rows. */
export function paperTable(report: Report): string {
  const rows = paperRows(report);
  return rows === undefined ? "" : [
    "## Table 1 of the paper\n",
    tableText(rows),
    `${PAPER_NOTE}\n`,
  ].join("\n");
}

/** What has to be said beside it. */
export const PAPER_NOTE =
  "The paper's rows are of its own photographs, with FLUX.1-dev; rows of other cases or weights do not compare with them.";
