import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { hashText } from "./hash_text.ts";
import { holdFile, removeOther } from "./held_file.ts";
import { outputFault } from "./output_fault.ts";
import { syncFolder } from "./sync_folder.ts";
import { writeFault } from "./write_fault.ts";

/**
 * Writes a file whole or not at all: under a temporary name in the same
 * folder, then flushed to disk, then renamed.
 *
 * A file of that name is replaced, a link to one too; anything else is not. A
 * failure leaves what was there before. What a process that was killed has left
 * under the temporary name is used up by the next that writes the file.
 *
 * @param path Path of the file.
 * @param bytes Content, in one piece or several, which may be made while writing.
 * @param options Whether to wait for the disk, by default true; a set whose last
 * file says that it is whole may be written without.
 * @returns When the file and its name are on disk.
 *
 * @throws {Error} If the folder does not exist, cannot be written or is full, or
 * a folder, a device, a pipe or a socket has the name.
 *
 * @example Usage
 * ```ts
 * import { atomicWrite } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 * import { mkdtemp, readFile, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const folder = await mkdtemp(join(tmpdir(), "atomic-"));
 * await atomicWrite(join(folder, "a.bin"), Uint8Array.of(1, 2));
 *
 * assert.deepEqual([...await readFile(join(folder, "a.bin"))], [1, 2]);
 * await rm(folder, { recursive: true });
 * ```
 */
export async function atomicWrite(
  path: string,
  bytes: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: { readonly flush?: boolean | undefined } = {},
): Promise<void> {
  const { flush = true } = options;
  const fault = await outputFault(path);
  if (fault !== undefined) throw new Error(`Cannot write "${path}": ${fault}`);
  let file: Temporary | undefined;
  try {
    file = await openTemporary(path);
    for await (const part of bytes instanceof Uint8Array ? [bytes] : bytes) {
      await writeAll(file.handle, part);
    }
    if (flush) await file.handle.sync();
    await file.handle.close();
    await rename(file.path, path);
  } catch (cause) {
    await file?.handle.close().catch(() => {});
    if (file !== undefined) {
      await rm(file.path, { force: true }).catch(() => {});
    }
    const fault = writeFault(path, cause);
    if (fault === undefined) throw cause; // thrown by the iterable
    throw new Error(`Cannot write "${path}": ${fault}`, { cause });
  } finally {
    file?.release();
  }
  if (flush) await syncFolder(dirname(path));
}

/** A file that will be renamed. */
interface Temporary {
  readonly path: string;
  readonly handle: FileHandle;
  /** Lets others use its name. */
  release(): void;
}

/** Opens an empty file beside a path: of a name that follows from it, if that is free. */
async function openTemporary(path: string): Promise<Temporary> {
  const at = (name: string) => join(dirname(path), `.${name}.tmp`);
  if ("Deno" in globalThis) {
    const own = at(hashText(basename(path)).slice(0, 32));
    await removeOther(own);
    const held = await holdFile(own);
    if (held !== undefined) {
      try {
        const handle = await open(own, "r+");
        await handle.truncate();
        return { path: own, handle, release: () => held.close() };
      } catch (error) {
        held.close();
        throw error;
      }
    }
  }
  const other = at(randomUUID());
  return { path: other, handle: await open(other, "wx"), release() {} };
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(
      bytes,
      written,
      Math.min(bytes.length - written, 1 << 30),
    );
    written += bytesWritten;
  }
}
