import { jsonLines, readText } from "@edit-transfer/files";
import {
  checkPair,
  decodeImage,
  fitPicture,
  type Image,
  type Size,
} from "@edit-transfer/image";
import { join } from "node:path";
import type { Case } from "./case.ts";

/** Keys of a line, as `figures` writes them. */
const KEYS = [
  "id",
  "edit",
  "caption",
  "types",
  "parameters",
  "framing",
  "identities",
  "split",
  "seed",
];

/**
 * Cases from a folder that `figures` wrote, all of one size: that of the first
 * query.
 *
 * @param folder Folder with `cases.jsonl`.
 * @param options Number of cases to read, all by default.
 * @returns The first cases.
 *
 * @throws {Error} If a file is missing or a line is none of a case.
 * @throws {RangeError} If before and after, or query and answer, have different
 * shapes.
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
  let size: Size | undefined;
  for (
    const { line, value, fault } of jsonLines(text).slice(0, options.count)
  ) {
    const { id, edit, types } = (value ?? {}) as Record<string, unknown>;
    const other = Object.keys(value ?? {}).find((key) => !KEYS.includes(key));
    if (other !== undefined) {
      throw new Error(
        `Cannot read line ${line} of "${path}" as it must have known keys only: got "${other}"`,
      );
    }
    if (!isText(id) || !isText(edit) || !isTexts(types)) {
      throw new Error(
        `Cannot read line ${line} of "${path}" as ${
          fault ??
            "it must have the texts id and edit, and the list types: got others"
        }`,
      );
    }
    const place = (name: string) => join(folder, id, `${name}.png`);
    const pair = async (one: string, other: string) => {
      const [first, second] = [
        await decodeImage(place(one)),
        await decodeImage(place(other)),
      ];
      checkPair([`"${place(one)}"`, first], [`"${place(other)}"`, second]);
      return [first, second] as const;
    };
    const [before, after] = await pair("source", "edited");
    const [query, answer] = await pair("query", "target");
    size ??= query;
    const panel = (image: Image) => fitPicture(image, size!, "crop");
    cases.push({
      words: edit,
      types,
      before: await panel(before),
      after: await panel(after),
      query: await panel(query),
      answer: await panel(answer),
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
