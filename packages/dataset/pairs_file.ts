import { fillTemplate, REFERENCE_TEMPLATE } from "@edit-transfer/composite";
import {
  type JsonLine,
  jsonLines,
  jsonText,
  pathOnDisk,
  readText,
} from "@edit-transfer/files";
import { nearestName } from "@edit-transfer/weights";
import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { cleanCaption } from "./caption.ts";
import { DatasetError } from "./dataset_error.ts";
import type {
  Manifest,
  ManifestItem,
  PairPaths,
  ReadManifestOptions,
} from "./manifest.ts";

const PANELS = ["before", "after", "query", "target"] as const;

/** Keys of a line that names its pictures. */
const PAIR_KEYS = [...PANELS, "caption", "edit"];

/** Keys of a line that `figures` writes. */
const CASE_KEYS = [
  "id",
  "caption",
  "edit",
  "types",
  "parameters",
  "framing",
  "identities",
  "split",
  "seed",
];

/** Most bytes of a file, some hundred thousand tasks. */
const MAX_BYTES = 2 ** 28;

/** Reads `pairs.jsonl` or `cases.jsonl`. */
export async function readPairsFile(
  path: string,
  options: ReadManifestOptions,
): Promise<Manifest> {
  const text = await readText(path, {
    what: "data set",
    maxBytes: MAX_BYTES,
    fail: (message, { cause }) => new DatasetError(message, { path, cause }),
  });
  const items: ManifestItem[] = [];
  const files = new Set<string>(); // pictures that are there
  for (const line of jsonLines(text)) {
    const read = new PairLine(line, { path, index: items.length });
    const pair = await read.pictures(files);
    const caption = cleanCaption(read.caption(options), options);
    items.push({ name: `line ${line.line}`, pictures: { pair }, caption });
  }
  if (items.length === 0) {
    throw new DatasetError(
      `Cannot read data set "${path}" as it must have a line for each task: got an empty file`,
      { path },
    );
  }
  return { path, items, notices: [] };
}

/** One line, and where it stands. */
class PairLine {
  readonly #place: { path: string; line: number; index: number };
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(
    { line, text, value, fault }: JsonLine,
    { path, index }: { path: string; index: number },
  ) {
    this.#place = { path, line, index };
    if (fault !== undefined) throw this.#fault(fault);
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.#fault(`a JSON object must stand there: got ${short(text)}`);
    }
    this.#fields = value as Record<string, unknown>;
    const known = this.#isCase() ? CASE_KEYS : PAIR_KEYS;
    const other = Object.keys(value).find((key) => !known.includes(key));
    if (other === undefined) return;
    throw this.#fault(
      `it must have known keys only: got "${other}"; did you mean "${
        nearestName(other, known)
      }"?`,
    );
  }

  /** The four pictures, from the folder of the file; refuses what is no file. */
  async pictures(files: Set<string>): Promise<PairPaths> {
    const found: string[] = [];
    for (const path of this.#paths()) {
      const there = files.has(path) ? path : await pathOnDisk(path);
      const isFile = files.has(path) ||
        (await stat(there).catch(() => undefined))?.isFile() === true;
      if (!isFile) {
        throw this.#fault(`its pictures must be files: "${path}" is not one`);
      }
      files.add(there);
      found.push(there);
    }
    const [before, after, query, target] = found as [
      string,
      string,
      string,
      string,
    ];
    return { before, after, query, target };
  }

  #paths(): string[] {
    const folder = dirname(this.#place.path);
    if (!this.#isCase()) {
      return PANELS.map((name) => resolve(folder, this.#text(name)));
    }
    const one = join(folder, this.#text("id"));
    return ["source", "edited", "query", "target"].map((name) =>
      join(one, `${name}.png`)
    );
  }

  /** Whether an id stands for the pictures. */
  #isCase(): boolean {
    return this.#fields.id !== undefined &&
      PANELS.every((name) => !(name in this.#fields));
  }

  /** The caption, or the template with the words of the edit. */
  caption({ template = REFERENCE_TEMPLATE }: ReadManifestOptions): string {
    if (this.#fields.caption !== undefined) return this.#text("caption", true);
    if (this.#fields.edit === undefined) {
      throw this.#fault('"caption" or "edit" must be given: got neither');
    }
    return fillTemplate(template, this.#text("edit"));
  }

  #text(name: string, mayBeEmpty = false): string {
    const value = this.#fields[name];
    if (typeof value === "string" && (mayBeEmpty || value !== "")) return value;
    throw this.#fault(
      value === undefined
        ? `"${name}" must be given: got ${
          Object.keys(this.#fields).map((key) => `"${key}"`).join(", ") ||
          "nothing"
        }`
        : `"${name}" must be a text: got ${short(jsonText(value))}`,
    );
  }

  #fault(rule: string): DatasetError {
    const { path, line, index } = this.#place;
    return new DatasetError(
      `Cannot read line ${line} of "${path}" as ${rule}`,
      { path, index },
    );
  }
}

function short(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
