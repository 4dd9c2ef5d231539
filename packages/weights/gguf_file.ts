import { LIMITS } from "@edit-transfer/files/limits";
import type { FileHandle } from "node:fs/promises";
import { dequantize } from "./dequantize.ts";
import { FormatError } from "./format_error.ts";
import { BLOCKS, type GgmlType, type QuantizedTypeName } from "./ggml_type.ts";
import {
  type GgufEntry,
  type GgufHeader,
  parseGgufHeader,
} from "./gguf_header.ts";
import { openFile } from "./open_file.ts";
import { ArrayFile, readRange } from "./read_range.ts";
import { missingWeight } from "./require_tensor.ts";
import { rowBytes, type RowRange } from "./row_range.ts";
import type { TensorInfo, WeightSource } from "./weight_source.ts";

/** Bytes that are read first; headers without a vocabulary are shorter. */
const FIRST_READ = 1 << 20;
const [, MAX_HEADER_BYTES] = LIMITS.headerBytes;

/**
 * Opens one GGUF file. The header is read and checked; arrays are read, and
 * dequantised, when they are asked for.
 *
 * Arrays in F64, F32, F16 and BF16 are given as they are stored; those in
 * blocks, see {@linkcode BLOCKS}, as F32, and as their blocks by
 * {@linkcode readStored}. Shapes are in the order of other formats, slowest axis
 * first. `metadata` has the scalars, e.g. `"general.architecture"`.
 *
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 *
 * @param path Path of the file.
 * @returns Its arrays. The caller closes it.
 *
 * @throws {WeightError} If the file cannot be opened.
 * @throws {FormatError} If it is not a sound GGUF file of version 2 or 3, or
 * has an array in another type, which is named.
 *
 * @example Usage
 * ```ts
 * import { openGguf } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(openGguf("models/micro/model_index.json"), {
 *   name: "FormatError",
 *   message: /must start with "GGUF": got other bytes$/,
 * });
 * ```
 */
export async function openGguf(path: string): Promise<WeightSource> {
  const handle = await openFile(path);
  try {
    return new GgufFile(path, handle, await readHeader(path, handle));
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readHeader(
  path: string,
  handle: FileHandle,
): Promise<GgufHeader> {
  const { size: fileSize } = await handle.stat();
  for (let size = FIRST_READ;; size = Math.min(4 * size, MAX_HEADER_BYTES)) {
    const bytes = await readRange(handle, {
      path,
      start: 0,
      size: Math.min(size, fileSize),
    });
    const header = parseGgufHeader(bytes, { path, fileSize });
    if (header !== undefined) return header;
    if (size === MAX_HEADER_BYTES) break;
  }
  throw new FormatError(
    `Cannot read GGUF "${path}" as its header is at most ${MAX_HEADER_BYTES} bytes: got more`,
    { path },
  );
}

class GgufFile implements WeightSource {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #header: GgufHeader;
  readonly #file: ArrayFile;

  constructor(path: string, handle: FileHandle, header: GgufHeader) {
    this.path = path;
    this.metadata = header.metadata;
    this.#header = header;
    this.#file = new ArrayFile(path, handle);
  }

  names(): Iterable<string> {
    return this.#header.tensors.keys();
  }

  has(name: string): boolean {
    return this.#header.tensors.has(name);
  }

  info(name: string): TensorInfo {
    const { type, shape, storedBytes } = this.#find(name);
    if (isDense(type.name)) {
      return { name, dtype: type.name, shape, sizeBytes: storedBytes };
    }
    return {
      name,
      dtype: "F32",
      shape,
      sizeBytes: storedBytes / type.blockBytes * type.blockElements * 4,
      stored: { type: type.name, sizeBytes: storedBytes },
    };
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    return elements(await this.#blocks(name), this.#find(name).type.name);
  }

  async readRows(
    name: string,
    rows: RowRange,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.#blocks(name, rows, into);
    return elements(bytes, this.#find(name).type.name);
  }

  readStored(
    name: string,
    rows?: RowRange,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#blocks(name, rows, into);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Bytes as they are in the file. */
  async #blocks(
    name: string,
    rows?: RowRange,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { shape, storedBytes: sizeBytes, start: first } = this.#find(name);
    const { start, size } = rows === undefined
      ? { start: 0, size: sizeBytes }
      : rowBytes({ name, shape, sizeBytes }, rows);
    return await this.#file.read(name, { start: first + start, size, into });
  }

  #find(name: string): GgufEntry {
    const entry = this.#header.tensors.get(name);
    if (entry !== undefined) return entry;
    throw missingWeight(this, name);
  }
}

/** Whether elements are given as they are stored. */
function isDense(
  type: GgmlType["name"],
): type is Exclude<GgmlType["name"], QuantizedTypeName> {
  return !Object.hasOwn(BLOCKS, type);
}

function elements(
  bytes: Uint8Array<ArrayBuffer>,
  type: GgmlType["name"],
): Uint8Array<ArrayBuffer> {
  return isDense(type) ? bytes : new Uint8Array(dequantize(bytes, type).buffer);
}
