import type { FileHandle } from "node:fs/promises";
import { openFile } from "./open_file.ts";
import { ArrayFile, readRange } from "./read_range.ts";
import { missingWeight } from "./require_tensor.ts";
import { rowBytes, type RowRange } from "./row_range.ts";
import {
  parseHeader,
  parseHeaderSize,
  type SafetensorsHeader,
} from "./safetensors_header.ts";
import type { TensorInfo, WeightSource } from "./weight_source.ts";

/**
 * Opens one safetensors file. The header is read and checked; the arrays stay
 * in the file until they are asked for.
 *
 * Source: https://github.com/huggingface/safetensors#format
 *
 * @param path Path of the file.
 * @returns Its arrays. The caller closes it.
 *
 * @throws {WeightError} If the file cannot be opened.
 * @throws {FormatError} If it is not a sound safetensors file.
 *
 * @example Usage
 * ```ts
 * import { openSafetensors, writeSafetensors } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const folder = await mkdtemp(join(tmpdir(), "weights-"));
 * const path = join(folder, "a.safetensors");
 * await writeSafetensors(path, {
 *   x: { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) },
 * });
 * {
 *   await using file = await openSafetensors(path);
 *   assert.deepEqual(file.info("x").shape, [2]);
 * }
 * await rm(folder, { recursive: true });
 * ```
 */
export async function openSafetensors(path: string): Promise<WeightSource> {
  const handle = await openFile(path);
  try {
    const { size: fileSize } = await handle.stat();
    const prefix = await readRange(handle, { path, start: 0, size: 8 });
    const size = parseHeaderSize(prefix, { path, fileSize });
    const json = await readRange(handle, { path, start: 8, size });
    return new SafetensorsFile(
      path,
      handle,
      parseHeader(json, { path, fileSize }),
    );
  } catch (error) {
    await handle.close();
    throw error;
  }
}

class SafetensorsFile implements WeightSource {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #header: SafetensorsHeader;
  readonly #file: ArrayFile;

  constructor(path: string, handle: FileHandle, header: SafetensorsHeader) {
    this.path = path;
    this.metadata = header.metadata;
    this.#file = new ArrayFile(path, handle);
    this.#header = header;
  }

  names(): Iterable<string> {
    return this.#header.tensors.keys();
  }

  has(name: string): boolean {
    return this.#header.tensors.has(name);
  }

  info(name: string): TensorInfo {
    const { dtype, shape, sizeBytes } = this.#find(name);
    return { name, dtype, shape, sizeBytes };
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const { start, sizeBytes } = this.#find(name);
    return await this.#file.read(name, { start, size: sizeBytes });
  }

  async readRows(
    name: string,
    rows: RowRange,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const entry = this.#find(name);
    const { start, size } = rowBytes(entry, rows);
    const from = entry.start + start;
    return await this.#file.read(name, { start: from, size, into });
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #find(name: string) {
    const entry = this.#header.tensors.get(name);
    if (entry !== undefined) return entry;
    throw missingWeight(this, name);
  }
}
