import { atomicWrite } from "@edit-transfer/files";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { contactSheet } from "./contact_sheet.ts";
import type { ConditionResult } from "./evaluate.ts";
import { markdownReport } from "./markdown.ts";
import { caseValues, type Report } from "./report.ts";

/** Files of every report. */
const FILES = ["report.md", "report.json", "cases.jsonl"] as const;

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
 * Writes `report.md`, `report.json`, `cases.jsonl` (a line a case with its own
 * measures), and for each condition whose outputs were kept a contact sheet,
 * `<condition>.png`: example, query, output, answer.
 *
 * @param folder Folder to write to; it is made where it is missing.
 * @param report What `reportOf` gave for the results.
 * @param results What `evaluate` gave.
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
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const cases = results.flatMap((result) =>
    result.cases.map(({ words, types }, index) => ({
      condition: result.condition.name,
      words,
      types,
      ...caseValues(result, index),
    }))
  );
  const files = new Map<string, string | Uint8Array>([
    [FILES[0], markdownReport(report)],
    [FILES[1], `${JSON.stringify(report, null, 1)}\n`],
    [FILES[2], cases.map((one) => `${JSON.stringify(one)}\n`).join("")],
  ]);
  for (const { condition, cases, outputs } of results) {
    if (outputs.length === 0) continue;
    const rows = outputs.map((output, i) => {
      const { before, after, query, answer, words } = cases[i]!;
      const panels = [before, after, query, output, answer];
      return { panels, words };
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
