import { atomicWrite } from "@edit-transfer/files";
import type { Size } from "@edit-transfer/image";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { gridCaption } from "./caption.ts";
import { checkEmptyFolder } from "./check_empty_folder.ts";
import type { Split } from "./identity.ts";
import { extentsOf } from "./extents.ts";
import { drawInstance, type Instance } from "./instance.ts";
import { renderSheet } from "./render.ts";

/** Instances drawn and written at once. */
const BATCH = 32;

/** What to write. */
export interface WritePairsOptions {
  /** Whose identities, and whether the edit types are those that training never shows. */
  readonly split: Split;
  /** Seed of the set. */
  readonly seed: number;
  /** Number of edits, each with its own parameters. */
  readonly count: number;
  /** Figures on which each edit is made, 2 or more. */
  readonly identities: number;
  /** Number of edits made at once, 1 to 3; 1 by default. */
  readonly compose?: number | undefined;
  /** Names of the types of the split that the first edit may have; all by default. */
  readonly types?: readonly string[] | undefined;
  /** Caption template with `{edit}` in it; the reference's `subject` template by default. */
  readonly template?: string | undefined;
  /** Width and height of a panel in pixels, or one side for both; 64 by default. */
  readonly size?: number | Size | undefined;
  /**
   * What the folder holds already: nothing, or it is refused; figures of the
   * same set, which count; or others, which are replaced.
   *
   * @default {"refuse"}
   */
  readonly existing?: "refuse" | "keep" | "replace" | undefined;
  /** Called after every batch with the number of edits drawn. */
  readonly onProgress?: ((drawn: number) => void) | undefined;
  /** Stops between two batches; what is drawn is found the next time. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes edits on K figures each as `NNNN/{0…}-{source,edited}.png`, and
 * `pairs.jsonl` with one line for each ordered pair of figures: count · K (K − 1)
 * composites from count · 2 K pictures.
 *
 * With `existing: "keep"` a set that was stopped goes on: an edit whose folder is
 * there is whole.
 * The line file comes last and under its name at once.
 *
 * @param dir Folder to write to; it is made where it is missing.
 * @param options Which edits, and how large.
 * @returns The path of `pairs.jsonl`.
 * @throws {RangeError} If a number is out of range.
 * @throws {Error} If the folder holds something, without `existing`.
 *
 * @example Usage
 * ```ts
 * import { writePairs } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 * import { mkdtemp, readFile, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const dir = await mkdtemp(join(tmpdir(), "figures-"));
 * const file = await writePairs(dir, { split: "train", seed: 1, count: 1, identities: 3 });
 * const lines = (await readFile(file, "utf8")).trim().split("\n");
 * assert.equal(lines.length, 3 * 2);
 * assert.equal(JSON.parse(lines[0]!).target, "0000/1-edited.png");
 * await rm(dir, { recursive: true });
 * ```
 */
export async function writePairs(
  dir: string,
  options: WritePairsOptions,
): Promise<string> {
  const { count, identities, onProgress, signal } = options;
  for (
    const [name, value, least] of [["count", count, 1], [
      "identities",
      identities,
      2,
    ]] as const
  ) {
    if (Number.isSafeInteger(value) && value >= least) continue;
    throw new RangeError(
      `Cannot write figures as ${name} must be an integer of at least ${least}: got ${value}`,
    );
  }
  if ((options.existing ?? "refuse") === "refuse") await checkEmptyFolder(dir);
  let lines = "";
  for (let first = 0; first < count; first += BATCH) {
    signal?.throwIfAborted();
    const drawn = instances(first, options);
    await mkdir(dir, { recursive: true });
    await writeMissing(dir, { first, drawn, options });
    lines += drawn.map((one, i) => linesOf(one, first + i, options)).join("");
    onProgress?.(first + drawn.length);
  }
  const file = join(dir, "pairs.jsonl");
  await atomicWrite(file, new TextEncoder().encode(lines));
  return file;
}

function instances(first: number, options: WritePairsOptions): Instance[] {
  const { count, split, seed, identities, compose, types } = options;
  return Array.from(
    { length: Math.min(BATCH, count - first) },
    (_, i) =>
      drawInstance({
        split,
        seed,
        compose,
        identities,
        types,
        index: first + i,
      }),
  );
}

/** Draws the instances whose folder is not there, or all. */
async function writeMissing(
  dir: string,
  { first, drawn, options: { size = 64, identities, existing } }: {
    readonly first: number;
    readonly drawn: readonly Instance[];
    readonly options: WritePairsOptions;
  },
): Promise<void> {
  const missing = [...drawn.keys()].filter((i) =>
    existing === "replace" || !existsSync(join(dir, nameOf(first + i)))
  );
  const pixels = await renderSheet(
    missing.flatMap((i) =>
      drawn[i]!.pairs.flatMap(({ source, edited }) => [source, edited])
    ),
    { size },
  ); // [missing, identities, 2, height, width, 3]
  const { width, height } = extentsOf(size);
  const panel = height * width * 3;
  await Promise.all(missing.map(async (i, row) => {
    const folder = join(dir, nameOf(first + i));
    await rm(`${folder}.part`, { recursive: true, force: true });
    await mkdir(`${folder}.part`);
    for (let k = 0; k < 2 * identities; k++) {
      const at = (row * 2 * identities + k) * panel;
      await sharp(pixels.subarray(at, at + panel), {
        raw: { width, height, channels: 3 },
      }).png().toFile(join(`${folder}.part`, pictureOf(k >> 1, k % 2 === 1)));
    }
    await rm(folder, { recursive: true, force: true });
    await rename(`${folder}.part`, folder);
  }));
}

/** A line for every ordered pair of figures: the first shows the edit to the second. */
function linesOf(
  { words, pairs }: Instance,
  index: number,
  { template }: WritePairsOptions,
): string {
  const caption = gridCaption(
    words,
    { template },
  );
  let lines = "";
  for (const example of pairs.keys()) {
    for (const query of pairs.keys()) {
      if (example === query) continue;
      const path = (figure: number, edited: boolean) =>
        `${nameOf(index)}/${pictureOf(figure, edited)}`;
      lines += JSON.stringify({
        before: path(example, false),
        after: path(example, true),
        query: path(query, false),
        target: path(query, true),
        caption,
      }) + "\n";
    }
  }
  return lines;
}

/** Name of an edit's folder: its index in at least four digits. */
function nameOf(index: number): string {
  return String(index).padStart(4, "0");
}

function pictureOf(figure: number, edited: boolean): string {
  return `${figure}-${edited ? "edited" : "source"}.png`;
}
