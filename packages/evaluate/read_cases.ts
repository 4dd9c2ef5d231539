import { decodeImage } from "@edit-transfer/image";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Case } from "./case.ts";

/** A line of `cases.jsonl`. */
interface Line {
  readonly id: string;
  readonly edit: string;
  readonly types: readonly string[];
}

/**
 * Cases from a folder that `figures` wrote.
 *
 * @param folder Folder with `cases.jsonl`.
 * @param options Number of cases to read, all by default.
 * @returns The first cases.
 *
 * @throws {Error} If a file is missing.
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
  const text = await readFile(join(folder, "cases.jsonl"), "utf8");
  const cases: Case[] = [];
  for (const line of text.trim().split("\n").slice(0, options.count)) {
    const { id, edit, types } = JSON.parse(line) as Line;
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
