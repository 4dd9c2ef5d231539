import { exists, jsonLines, readText } from "@edit-transfer/files";
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

/** Endings of pictures, in the order in which they are looked for. */
export const ENDINGS = [".png", ".jpg", ".jpeg", ".webp"] as const;

/**
 * Cases from a folder, all of one size: that of the first query. A line
 * of `cases.jsonl` has an `id`, the words of the `edit` and, as `figures` writes
 * them, its `types`; `ID/source`, `ID/edited` and `ID/query` are its pictures,
 * and `ID/target` the answer, where it is known.
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
  const ids = new Set<string>();
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
    if (
      !isText(id) || !isText(edit) || !(types === undefined || isTexts(types))
    ) {
      throw new Error(
        `Cannot read line ${line} of "${path}" as ${
          fault ??
            "it must have the texts id and edit, and may have the list types: got others"
        }`,
      );
    }
    if (ids.has(id)) {
      throw new Error(
        `Cannot read line ${line} of "${path}" as ids must differ: got "${id}" twice`,
      );
    }
    ids.add(id);
    const place = (name: string) => picturePath(join(folder, id, name));
    const [sourcePath, editedPath, queryPath, targetPath] = await Promise.all(
      ["source", "edited", "query", "target"].map(place),
    );
    const read = (path: string | undefined, name: string) =>
      decodeImage(path ?? join(folder, id, `${name}.png`));
    const before = await read(sourcePath, "source");
    const after = await read(editedPath, "edited");
    const query = await read(queryPath, "query");
    const answer = targetPath && await decodeImage(targetPath);
    checkPair([`"${sourcePath}"`, before], [`"${editedPath}"`, after]);
    if (answer) {
      checkPair([`"${queryPath}"`, query], [`"${targetPath}"`, answer]);
    }
    size ??= query;
    const panel = (image: Image) => fitPicture(image, size!, "crop");
    cases.push({
      id,
      words: edit,
      types: types ?? [],
      before: await panel(before),
      after: await panel(after),
      query: await panel(query),
      ...answer && { answer: await panel(answer) },
    });
  }
  return cases;
}

/** A picture of this name with any ending; undefined if there is none. */
export async function picturePath(stem: string): Promise<string | undefined> {
  for (const ending of ENDINGS) {
    if (await exists(`${stem}${ending}`)) return `${stem}${ending}`;
  }
  return undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}
