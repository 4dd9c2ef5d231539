import { atomicWrite } from "@edit-transfer/files";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { hasAnswer } from "./case.ts";
import { contactSheet } from "./contact_sheet.ts";
import type { ConditionResult } from "./evaluate.ts";
import { casesCsv, figuresCsv } from "./csv.ts";
import { markdownReport } from "./markdown.ts";
import type { Gallery } from "./page/gallery.ts";
import { htmlReport } from "./page/page.ts";
import { caseValues, type Report } from "./report.ts";

/** Files of every report. */
const FILES = [
  "report.md",
  "report.json",
  "report.csv",
  "report.html",
  "cases.jsonl",
  "cases.csv",
] as const;

/**
 * Paths of all that {@linkcode writeReport} may write.
 *
 * @param folder Folder that it writes to.
 * @param conditions Names of the conditions.
 * @returns The paths.
 *
 * @example Usage
 * ```ts
 * import { reportPaths } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * assert.equal(reportPaths("out", ["right"]).at(-1), "out/right.png");
 * ```
 */
export function reportPaths(
  folder: string,
  conditions: readonly string[],
): string[] {
  const sheets = conditions.map((name) => `${name}.png`);
  return [...FILES, ...sheets].map((name) => join(folder, name));
}

/**
 * Writes `report.md`, `report.json`, `report.csv` (a line a figure) and
 * `report.html` (with plots and pictures), `cases.jsonl` and `cases.csv` (a line
 * a case with its own measures), and for each condition whose outputs were kept a contact sheet,
 * `<condition>.png`: example, query, output, answer.
 *
 * @param folder Folder to write to; it is made where it is missing.
 * @param report What `reportOf` gave for the results.
 * @param results What `evaluate` gave.
 * @param gallery Pictures for the page; none by default.
 * @returns Paths of the files.
 *
 * @example Usage
 * ```ts
 * import { writeReport } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const folder = await mkdtemp(join(tmpdir(), "report-"));
 * const report = { settings: {}, metrics: [], conditions: [] };
 * const [first] = await writeReport(folder, report, []);
 * assert.equal(first, join(folder, "report.md"));
 * await rm(folder, { recursive: true });
 * ```
 */
export async function writeReport(
  folder: string,
  report: Report,
  results: readonly ConditionResult[],
  gallery?: Gallery,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const cases = results.flatMap((result) =>
    result.cases.map(({ id, words, types }, index) => ({
      condition: result.condition.name,
      id,
      words,
      types,
      ...caseValues(result, index),
    }))
  );
  const files = new Map<string, string | Uint8Array>([
    [FILES[0], markdownReport(report)],
    [FILES[1], `${JSON.stringify(report, null, 1)}\n`],
    [FILES[2], figuresCsv(report)],
    [FILES[3], htmlReport(report, await gallery?.cards(results) ?? [])],
    [FILES[4], cases.map((one) => `${JSON.stringify(one)}\n`).join("")],
    [FILES[5], casesCsv(results)],
  ]);
  for (const { condition, cases, outputs } of results) {
    if (outputs.length === 0) continue;
    const answered = cases.slice(0, outputs.length).every(hasAnswer);
    const rows = outputs.map((output, i) => {
      const { before, after, query, answer, words } = cases[i]!;
      const panels = [before, after, query, output];
      return {
        panels: answered ? [...panels, answer ?? query] : panels,
        words,
      };
    });
    files.set(
      `${condition.name}.png`,
      await contactSheet(rows, { columns: 2 }),
    );
  }
  const text = new TextEncoder();
  for (const [name, content] of files) {
    await atomicWrite(
      join(folder, name),
      typeof content === "string" ? text.encode(content) : content,
    );
  }
  return [...files.keys()].map((name) => join(folder, name));
}
