import type { FileHandle } from "node:fs/promises";
import { FormatError } from "./format_error.ts";

/** A range of a file, and memory that its bytes may be read into. */
export interface FileRange {
  readonly start: number;
  readonly size: number;
  readonly into?: Uint8Array<ArrayBuffer> | undefined;
}

/** Bytes of a range; fewer than `size` only where the file ends before. */
export async function readRange(
  handle: FileHandle,
  { path, start, size, into }: FileRange & { readonly path: string },
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = into?.subarray(0, size) ?? new Uint8Array(size);
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
    if (bytesRead === 0) return bytes.subarray(0, filled);
    filled += bytesRead;
  }
  return bytes;
}

/** Reads parts of the arrays of one open file, one part after the other. */
export class ArrayFile {
  readonly path: string;
  #handle: FileHandle | undefined;
  // reads with a position may move a cursor that they share
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** Bytes of the array `name`, all of which must be there. */
  async read(
    name: string,
    { start, size, into }: FileRange,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const handle = this.#handle;
    if (handle === undefined) {
      throw new Error(
        `Cannot read tensor "${name}" as "${this.path}" must be open: it was closed`,
      );
    }
    const bytes = this.#last.then(() =>
      readRange(handle, { path: this.path, start, size, into })
    );
    this.#last = bytes.catch(() => {});
    const got = await bytes;
    if (got.length === size) return got;
    throw new FormatError(
      `Cannot read tensor "${name}" of "${this.path}" as it takes ${size} bytes ` +
        `from byte ${start}: the file has shrunk to ${start + got.length}`,
      { path: this.path },
    );
  }

  /** Closes the file after the reads that were begun. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await this.#last;
    await handle?.close();
  }
}
