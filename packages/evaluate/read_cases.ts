import { jsonLines, readText } from "@edit-transfer/files";
import { decodeImage } from "@edit-transfer/image";
import { join } from "node:path";
import type { Case } from "./case.ts";

/**
 * Cases from a folder that `figures` wrote.
 *
 * @param folder Folder with `cases.jsonl`.
 * @param options Number of cases to read, all by default.
 * @returns The first cases.
 *
 * @throws {Error} If a file is missing or a line is none of a case.
 *
 * @example Usage
 * ```ts
 * import { readCases } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * const [first] = await readCases("fixtures/demo", { count: 1 });
 * assert.equal(first!.words, "jumping");
 * ```
 */
export async function readCases(
  folder: string,
  options: { readonly count?: number | undefined } = {},
): Promise<Case[]> {
  const path = join(folder, "cases.jsonl");
  const text = await readText(path, { what: "cases" });
  const cases: Case[] = [];
  for (
    const { line, value, fault } of jsonLines(text).slice(0, options.count)
  ) {
    const { id, edit, types } = (value ?? {}) as Record<string, unknown>;
    if (!isText(id) || !isText(edit) || !isTexts(types)) {
      throw new Error(
        `Cannot read line ${line} of "${path}" as ${
          fault ??
            "it must have the texts id and edit, and the list types: got others"
        }`,
      );
    }
    const picture = (name: string) =>
      decodeImage(join(folder, id, `${name}.png`));
    cases.push({
      words: edit,
      types,
      before: await picture("source"),
      after: await picture("edited"),
      query: await picture("query"),
      answer: await picture("target"),
    });
  }
  return cases;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}
