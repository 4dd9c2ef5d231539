import { atomicWrite } from "@edit-transfer/files";
import type { Size } from "@edit-transfer/image";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import {
  CASE_PANELS,
  type CaseOptions,
  type FigureCase,
  figureCase,
} from "./case.ts";
import { checkEmptyFolder } from "./check_empty_folder.ts";
import { extentsOf } from "./extents.ts";
import { renderSheet } from "./render.ts";

/** Cases drawn and written at once. */
const BATCH = 32;

/** What to write. */
export interface WriteCasesOptions extends Omit<CaseOptions, "index"> {
  /** Number of cases. */
  readonly count: number;
  /** Width and height of a panel in pixels, or one side for both; 64 by default. */
  readonly size?: number | Size | undefined;
  /** Whether to write into a folder that holds something already. */
  readonly overwrite?: boolean | undefined;
  /** Called after every batch with the number of cases written. */
  readonly onProgress?: ((written: number) => void) | undefined;
  /** Stops between two batches; `cases.jsonl` is then not written. */
  readonly signal?: AbortSignal | undefined;
}

/** Name of a case's folder: its index in at least four digits. */
function nameOf(index: number): string {
  return String(index).padStart(4, "0");
}

function lineOf(drawn: FigureCase, { split, seed }: WriteCasesOptions): string {
  const { index, words, caption, edits, framing, identities } = drawn;
  return JSON.stringify({
    id: nameOf(index),
    edit: words,
    caption,
    types: edits.map(({ type }) => type.name),
    parameters: edits.map(({ parameters }) => parameters),
    framing,
    identities: {
      example: identities.example.number,
      query: identities.query.number,
    },
    split,
    seed,
  }) + "\n";
}

/** Draws up to 32 cases; pixels are [cases, 4, height, width, 3]. */
async function drawBatch(first: number, options: WriteCasesOptions): Promise<{
  drawn: FigureCase[];
  pixels: Uint8Array;
}> {
  const { count, size = 64, ...which } = options;
  const drawn = Array.from(
    { length: Math.min(BATCH, count - first) },
    (_, i) => figureCase({ ...which, index: first + i }),
  );
  const states = drawn.flatMap((one) => CASE_PANELS.map((panel) => one[panel]));
  return { drawn, pixels: await renderSheet(states, { size }) };
}

/** Writes the four panels, [4, height, width, 3], of a case. */
async function writePanels(
  folder: string,
  { pixels, size: { width, height } }: { pixels: Uint8Array; size: Size },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all(CASE_PANELS.map(async (panel, k) => {
    const bytes = height * width * 3;
    await sharp(pixels.subarray(k * bytes, (k + 1) * bytes), {
      raw: { width, height, channels: 3 },
    }).png().toBuffer().then((png) =>
      atomicWrite(join(folder, `${panel}.png`), png, { flush: false })
    );
  }));
}

/**
 * Writes cases as `NNNN/{source,edited,query,target}.png` and `cases.jsonl`,
 * one line a case: edit, caption, parameters, identities. The line file comes
 * last and under its name at once, so where it lies the set is complete.
 *
 * @param dir Folder to write to; it is made where it is missing.
 * @param options Which cases, and how large.
 * @returns The path of `cases.jsonl`.
 * @throws {RangeError} If a number is out of range.
 * @throws {Error} If the folder is not empty and `overwrite` is not set.
 *
 * @example Usage
 * ```ts
 * import { writeCases } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 * import { mkdtemp, readFile, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const dir = await mkdtemp(join(tmpdir(), "figures-"));
 * const file = await writeCases(dir, { split: "test", seed: 1, count: 2 });
 * const lines = (await readFile(file, "utf8")).trim().split("\n");
 * assert.equal(JSON.parse(lines[1]!).id, "0001");
 * await rm(dir, { recursive: true });
 * ```
 */
export async function writeCases(
  dir: string,
  options: WriteCasesOptions,
): Promise<string> {
  const { count, overwrite = false, onProgress, signal } = options;
  const size = extentsOf(options.size ?? 64);
  const bytes = 4 * size.height * size.width * 3;
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(
      `Cannot write figures as the count must be an integer of at least 1: got ${count}`,
    );
  }
  const firstBatch = await drawBatch(0, options); // refuses bad numbers before a folder is made
  if (!overwrite) await checkEmptyFolder(dir);
  await mkdir(dir, { recursive: true });
  let lines = "";
  for (let first = 0; first < count; first += BATCH) {
    signal?.throwIfAborted();
    const { drawn, pixels } = first === 0
      ? firstBatch
      : await drawBatch(first, options);
    await Promise.all(
      drawn.map((one, i) =>
        writePanels(join(dir, nameOf(one.index)), {
          pixels: pixels.subarray(i * bytes, (i + 1) * bytes),
          size,
        })
      ),
    );
    lines += drawn.map((one) => lineOf(one, options)).join("");
    onProgress?.(first + drawn.length);
  }
  const file = join(dir, "cases.jsonl");
  await atomicWrite(file, new TextEncoder().encode(lines));
  return file;
}
