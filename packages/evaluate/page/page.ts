import { escapeHtml } from "./escape_html.ts";
import type { Card } from "./gallery.ts";
import { intervalPlot } from "./interval_plot.ts";
import { bestRows, figureRows, reportNotes } from "../markdown.ts";
import { PAPER_NOTE, paperRows } from "../paper_table.ts";
import type { Report } from "../report.ts";
import script from "./page_script.js" with { type: "text" };
import style from "./page_style.css" with { type: "text" };

/**
 * A report as one HTML file that needs no other and no network: tables, plots
 * of all figures with their intervals, and the pictures, which can be sorted by
 * any score and filtered.
 *
 * @param report What `reportOf` gave.
 * @param cards What `Gallery` gave.
 * @returns The text of the file.
 *
 * @example Usage
 * ```ts
 * import { htmlReport } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * const report = { settings: { seed: 1 }, metrics: [], conditions: [] };
 * assert.match(htmlReport(report, []), /seed 1/);
 * ```
 */
export function htmlReport(report: Report, cards: readonly Card[]): string {
  const { metrics, conditions } = report;
  const several = conditions.some(({ best }) => best !== undefined);
  const paper = paperRows(report);
  const data = {
    metrics,
    conditions: conditions.map(({ name, title }) => ({ name, title })),
    cards,
  };
  return [
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8">`,
    `<meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<title>Evaluation</title><style>${style}</style></head><body>`,
    `<header><h1>Evaluation</h1><button id="theme" type="button">Light or dark</button></header>`,
    table(figureRows(report, "", conditions.map((one) => [one.title, one]))),
    ...several
      ? [
        "<h2>The best seed of each case</h2>",
        table(bestRows(report)),
        "<p>Above, all seeds count; here, of each case the seed that is best by the metric of the column.</p>",
      ]
      : [],
    ...paper === undefined
      ? []
      : ["<h2>Table 1 of the paper</h2>", table(paper), note(PAPER_NOTE)],
    ...reportNotes(report).map(note),
    "<h2>Figures</h2>",
    plots(report),
    ...conditions.map((one) =>
      [
        `<details><summary>${
          escapeHtml(one.title)
        }: by family and type</summary>`,
        table(figureRows(report, "family", Object.entries(one.families))),
        familyPlots(report, one.families),
        table(figureRows(report, "type", Object.entries(one.types))),
        "</details>",
      ].join("\n")
    ),
    ...cards.length === 0 ? [] : [GRID],
    `<script type="application/json" id="data">${scriptJson(data)}</script>`,
    `<script>${script}</script></body></html>\n`,
  ].join("\n");
}

const GRID = `<h2>Pictures</h2>
<form id="controls">
<label>sort by <select id="metric"></select></label>
<label>of <select id="condition"></select></label>
<label><select id="order"><option value="worst">worst first</option><option value="best">best first</option><option value="id">as drawn</option></select></label>
<label>family <select id="family"></select></label>
<label>find <input id="find" type="search" placeholder="words, type or id"></label>
<output id="count"></output>
</form>
<div id="grid"></div>`;

function note(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}

function table([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: "th" | "td") =>
    `<tr>${
      cells.map((cell, i) =>
        i === 0
          ? `<th scope="row">${escapeHtml(cell)}</th>`
          : `<${tag}>${figure(cell)}</${tag}>`
      ).join("")
    }</tr>`;
  return `<div class="scroll"><table><thead>${
    line(head!, "th")
  }</thead><tbody>${
    rows.map((cells) => line(cells, "td")).join("\n")
  }</tbody></table></div>`;
}

/** A cell, its interval less loud than its value. */
function figure(cell: string): string {
  return escapeHtml(cell).replace(/\[.*$/, "<small>$&</small>");
}

function plots({ metrics, conditions }: Report): string {
  const all = metrics.map(({ name, unit }) =>
    intervalPlot(
      unit === undefined ? name : `${name} (${unit})`,
      conditions.map((one) => ({
        label: one.title,
        value: one.values[name],
        interval: one.intervals?.[name],
      })),
    )
  );
  return `<div class="plots">${all.join("")}</div>`;
}

function familyPlots(
  { metrics }: Report,
  families: Report["conditions"][number]["families"],
): string {
  const all = metrics.map(({ name, unit }) =>
    intervalPlot(
      unit === undefined ? name : `${name} (${unit})`,
      Object.entries(families).map(([label, group]) => ({
        label: `${label} (${group.cases})`,
        value: group.values[name],
        interval: group.intervals?.[name],
      })),
    )
  );
  return `<div class="plots">${all.join("")}</div>`;
}

/** JSON that cannot end its element. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
