import { atomicWrite } from "@edit-transfer/files";
import { openModelFolder, writeModelSettings } from "@edit-transfer/pipeline";
import {
  type GgmlTypeName,
  type StreamedTensor,
  writeSafetensors,
} from "@edit-transfer/weights";
import { cp, mkdir, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PartFolder, REPORT } from "./part_folder.ts";
import { type ConvertPlan, type CopyPlan, planConversion } from "./plan.ts";
import type { ConversionError } from "./rows.ts";
import type { ConvertRule, ConvertType } from "./rules.ts";
import { writeGguf } from "./write_gguf.ts";

/** Options of {@linkcode convertModel}. */
export interface ConvertModelOptions {
  /** Folder to write; its parent has to be there. */
  output: string;
  /** Type of all matrices of transformer and T5 that no rule is about. */
  type: ConvertType;
  /**
   * Rules that win over the built-in ones, the first that matches.
   *
   * @default {[]}
   */
  readonly rules?: readonly ConvertRule[] | undefined;
  /**
   * Whether to replace a folder that an earlier conversion made.
   *
   * @default {false}
   */
  readonly force?: boolean | undefined;
  /** Called as bytes are written. */
  readonly onProgress?: ((written: number, total: number) => void) | undefined;
  /** Aborting it ends the conversion; the next one goes on from there. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Bytes after which what is on disk is recorded, to go on from there.
   *
   * @default {64 MiB}
   */
  readonly recordBytes?: number | undefined;
}

/** An array of a converted model. */
export interface ConvertedArray extends ConversionError {
  /** File that it is in. */
  readonly file: string;
  /** Name in the file. */
  readonly name: string;
  /** How it is stored. */
  readonly type: GgmlTypeName;
  /** Extents, slowest first. */
  readonly shape: readonly number[];
}

/**
 * Writes a model whose transformer and T5 are GGUF files, with matrices in
 * another type. The autoencoder, CLIP and the folder's LoRA are copied as they
 * are stored, and its template comes along.
 *
 * Arrays pass by some rows at a time. The output is made in `OUTPUT.part`, and
 * renamed once it is whole; an interrupted conversion goes on from there and
 * ends with the same bytes. One process at a time may convert into a folder.
 *
 * @param path Model in any form that `openModelFolder` takes.
 * @param options See {@linkcode ConvertModelOptions}.
 * @returns Each array of the GGUF files, and how far its values are off.
 *
 * @throws {Error} If the output is there already, or cannot be written.
 * @throws {RangeError} If values do not fit their type, or a rule is about nothing.
 *
 * @example Usage
 * ```ts
 * import { convertModel } from "@edit-transfer/convert";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(
 *   convertModel("no/such/model", { output: "none", type: "q8_0" }),
 *   /no\/such\/model/,
 * );
 * ```
 */
export async function convertModel(
  path: string,
  options: ConvertModelOptions,
): Promise<readonly ConvertedArray[]> {
  const { output, type, rules = [], force = false, signal } = options;
  const { onProgress = () => {}, recordBytes = 2 ** 26 } = options;
  await checkFree(output, force);
  await using model = await openModelFolder(path);
  const plan = await planConversion(model, { type, rules });
  try {
    const folder = await PartFolder.open(output, plan.hash);
    const total = plan.gguf.reduce(
      (sum, { layout }) => sum + layout.sizeBytes,
      0,
    );
    let before = 0;
    for (const file of plan.gguf) {
      const onBytes = (bytes: number) => onProgress(before + bytes, total);
      await writeGguf(folder, file, { recordBytes, onBytes, signal });
      before += file.layout.sizeBytes;
      onProgress(before, total);
    }
    for (const file of plan.copies) {
      signal?.throwIfAborted();
      await copyArrays(folder, file);
    }
    for (const file of plan.files) {
      await mkdir(dirname(join(folder.path, file)), { recursive: true });
      await cp(join(model.path, file), join(folder.path, file));
    }
    if (Object.values(model.settings).some((value) => value !== undefined)) {
      await writeModelSettings(folder.path, model.settings);
    }
    const arrays = arraysOf(plan, folder);
    await atomicWrite(join(folder.path, REPORT), reportBytes(options, arrays));
    await folder.finish();
    return arrays;
  } catch (cause) {
    throw writeError(output, cause);
  }
}

/** Refuses an output that is there, unless it may be replaced. */
async function checkFree(output: string, force: boolean): Promise<void> {
  const parent = dirname(output);
  if (!(await stat(parent).catch(() => undefined))?.isDirectory()) {
    throw new Error(
      `Cannot write "${output}": there is no folder "${parent}"`,
    );
  }
  if (await stat(output).catch(() => undefined) === undefined) return;
  const names = await readdir(output).catch(() => undefined);
  if (names === undefined) {
    throw new Error(`Cannot write "${output}": it is not a folder`);
  }
  if (!force) {
    throw new Error(
      `Cannot write "${output}" as the folder must be new: got ${names.length} files; --force replaces what a conversion made`,
    );
  }
  if (names.length > 0 && !names.includes(REPORT)) {
    throw new Error(
      `Cannot replace "${output}" as it must be what a conversion made: got no "${REPORT}" in it`,
    );
  }
}

/** Writes arrays as they are stored. */
async function copyArrays(
  folder: PartFolder,
  { name, source, nameOf }: CopyPlan,
): Promise<void> {
  if (await folder.has(name)) return;
  const tensors: Record<string, StreamedTensor> = {};
  for (const array of source.names()) {
    const { dtype, shape } = source.info(array);
    tensors[nameOf(array)] = { dtype, shape, data: () => source.read(array) };
  }
  await writeSafetensors(join(folder.path, name), tensors, {
    metadata: { format: "pt" },
  });
}

function arraysOf(plan: ConvertPlan, folder: PartFolder): ConvertedArray[] {
  return plan.gguf.flatMap(({ name: file, layout }) => {
    const { errors } = folder.of(file);
    return layout.tensors.map(({ name, type, shape }) => ({
      file,
      name,
      type,
      shape,
      ...errors[name]!,
    }));
  });
}

function reportBytes(
  { type, rules = [] }: ConvertModelOptions,
  arrays: readonly ConvertedArray[],
): Uint8Array {
  const report = { type, rules: Object.fromEntries(rules), arrays };
  return new TextEncoder().encode(`${JSON.stringify(report, undefined, 1)}\n`);
}

/** A failure of the disk as a sentence; others as they are. */
function writeError(output: string, cause: unknown): unknown {
  const { code, message } = cause as {
    readonly code?: unknown;
    message: string;
  };
  const full = code === "ENOSPC" || code === "EDQUOT" ||
    /disk is full$/.test(message);
  const found = full
    ? "the disk is full; free some space and convert again to go on"
    : code === "EACCES" || code === "EPERM"
    ? `the folder "${dirname(output)}" is not writable`
    : code === "EROFS"
    ? "the disk is read-only"
    : undefined;
  if (found === undefined) return cause;
  return new Error(`Cannot write "${output}": ${found}`, { cause });
}
