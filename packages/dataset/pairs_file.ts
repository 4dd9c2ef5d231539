import { fillTemplate, REFERENCE_TEMPLATE } from "@edit-transfer/composite";
import { readFile, stat } from "node:fs/promises";
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

/** Reads `pairs.jsonl` or `cases.jsonl`. */
export async function readPairsFile(
  path: string,
  options: ReadManifestOptions,
): Promise<Manifest> {
  const text = await readFile(path, "utf8");
  const items: ManifestItem[] = [];
  const files = new Set<string>(); // pictures that are there
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const read = new PairLine(line, { path, line: i + 1, index: items.length });
    const pair = read.paths();
    await read.checkPictures(pair, files);
    const caption = cleanCaption(read.caption(options), options);
    items.push({ name: `line ${i + 1}`, pictures: { pair }, caption });
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
    text: string,
    place: { path: string; line: number; index: number },
  ) {
    this.#place = place;
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (cause) {
      throw this.#fault(
        `a JSON object must stand there: got ${short(text)}`,
        cause,
      );
    }
    if (typeof json !== "object" || json === null || Array.isArray(json)) {
      throw this.#fault(`a JSON object must stand there: got ${short(text)}`);
    }
    this.#fields = json as Record<string, unknown>;
  }

  /** The four pictures, from the folder of the file. */
  paths(): PairPaths {
    const folder = dirname(this.#place.path);
    const { id } = this.#fields;
    if (id !== undefined && PANELS.every((name) => !(name in this.#fields))) {
      const one = join(folder, this.#text("id"));
      return {
        before: join(one, "source.png"),
        after: join(one, "edited.png"),
        query: join(one, "query.png"),
        target: join(one, "target.png"),
      };
    }
    const [before, after, query, target] = PANELS.map((name) =>
      resolve(folder, this.#text(name))
    ) as [string, string, string, string];
    return { before, after, query, target };
  }

  /** The caption, or the template with the words of the edit. */
  caption({ template = REFERENCE_TEMPLATE }: ReadManifestOptions): string {
    if (this.#fields.caption !== undefined) return this.#text("caption", true);
    if (this.#fields.edit === undefined) {
      throw this.#fault('"caption" or "edit" must be given: got neither');
    }
    return fillTemplate(template, this.#text("edit"));
  }

  /** Refuses paths that lead nowhere. */
  async checkPictures(pair: PairPaths, files: Set<string>): Promise<void> {
    for (const name of PANELS) {
      if (files.has(pair[name])) continue;
      const found = await stat(pair[name]).catch(() => undefined);
      if (found?.isFile() === true) {
        files.add(pair[name]);
        continue;
      }
      throw this.#fault(
        `its pictures must be files: "${pair[name]}" is not one`,
      );
    }
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
        : `"${name}" must be a text: got ${short(JSON.stringify(value))}`,
    );
  }

  #fault(rule: string, cause?: unknown): DatasetError {
    const { path, line, index } = this.#place;
    return new DatasetError(
      `Cannot read line ${line} of "${path}" as ${rule}`,
      { path, index, cause },
    );
  }
}

function short(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
