import type { FileHandle } from "node:fs/promises";
import { FormatError } from "./format_error.ts";
import { openFile } from "./open_file.ts";
import { missingWeight } from "./require_tensor.ts";
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
  #handle: FileHandle | undefined;
  // reads with a position may move a cursor that they share
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, handle: FileHandle, header: SafetensorsHeader) {
    this.path = path;
    this.metadata = header.metadata;
    this.#handle = handle;
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
    const handle = this.#handle;
    if (handle === undefined) {
      throw new Error(
        `Cannot read tensor "${name}" as "${this.path}" must be open: it was closed`,
      );
    }
    const bytes = this.#last.then(() =>
      readRange(handle, { path: this.path, start, size: sizeBytes })
    );
    this.#last = bytes.catch(() => {});
    const got = await bytes;
    if (got.length === sizeBytes) return got;
    throw new FormatError(
      `Cannot read tensor "${name}" of "${this.path}" as it takes ${sizeBytes} bytes ` +
        `from byte ${start}: the file has shrunk to ${start + got.length}`,
      { path: this.path },
    );
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await this.#last;
    await handle?.close();
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

/** Bytes of a range; fewer than `size` only where the file ends before. */
async function readRange(
  handle: FileHandle,
  { path, start, size }: { path: string; start: number; size: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    let bytesRead: number;
    try {
      ({ bytesRead } = await handle.read(
        bytes,
        filled,
        Math.min(size - filled, 1 << 30),
        start + filled,
      ));
    } catch (cause) {
      throw new FormatError(
        `Cannot read "${path}" at byte ${start + filled}: ${
          (cause as Error).message
        }`,
        { path, cause },
      );
    }
    if (bytesRead === 0) return bytes.slice(0, filled);
    filled += bytesRead;
  }
  return bytes;
}
