import type { FileHandle } from "node:fs/promises";
import { dequantize, type QuantizedTypeName } from "./dequantize.ts";
import type { DType } from "./dtype.ts";
import { FormatError } from "./format_error.ts";
import type { GgmlType } from "./ggml_type.ts";
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
const MAX_HEADER_BYTES = 1 << 27;

/**
 * Opens one GGUF file. The header is read and checked; arrays are read, and
 * dequantised, when they are asked for.
 *
 * Arrays in F32, F16 and BF16 are given as they are stored; those in Q4_0,
 * Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K and Q6_K as F32. Shapes are in the order
 * of other formats, slowest axis first. `metadata` has the scalars, e.g.
 * `"general.architecture"`.
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
 * await assert.rejects(openGguf("fixtures/micro/model_index.json"), {
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
  for (let size = FIRST_READ; size <= MAX_HEADER_BYTES; size *= 4) {
    const bytes = await readRange(handle, {
      path,
      start: 0,
      size: Math.min(size, fileSize),
    });
    const header = parseGgufHeader(bytes, { path, fileSize });
    if (header !== undefined) return header;
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
    const stored = storedDType(type);
    return {
      name,
      dtype: stored ?? "F32",
      shape,
      sizeBytes: stored === undefined
        ? storedBytes / type.blockBytes * type.blockElements * 4
        : storedBytes,
    };
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const { start, storedBytes: size, type } = this.#find(name);
    return elements(await this.#file.read(name, { start, size }), type);
  }

  async readRows(
    name: string,
    rows: RowRange,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { shape, storedBytes: sizeBytes, start: first, type } = this.#find(
      name,
    );
    const stored = { name, dtype: "U8", shape, sizeBytes } as const;
    const { start, size } = rowBytes(stored, rows);
    const bytes = await this.#file.read(name, { start: first + start, size });
    return elements(bytes, type);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #find(name: string): GgufEntry {
    const entry = this.#header.tensors.get(name);
    if (entry !== undefined) return entry;
    throw missingWeight(this, name);
  }
}

/** Type that elements are given in as they are; undefined for blocks. */
function storedDType({ name }: GgmlType): DType | undefined {
  return name === "F32" || name === "F16" || name === "BF16" ? name : undefined;
}

function elements(
  bytes: Uint8Array<ArrayBuffer>,
  type: GgmlType,
): Uint8Array<ArrayBuffer> {
  if (storedDType(type) !== undefined) return bytes;
  const quantized = type as GgmlType & { name: QuantizedTypeName };
  return new Uint8Array(dequantize(bytes, quantized).buffer);
}
