import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncFolder } from "./sync_folder.ts";
import { writeFault } from "./write_fault.ts";

/**
 * Writes a file whole or not at all: under a temporary name in the same
 * folder, then flushed to disk, then renamed.
 *
 * A file of that name is replaced. A failure leaves what was there before.
 *
 * @param path Path of the file.
 * @param bytes Content, in one piece or several, which may be made while writing.
 * @returns When the file and its name are on disk.
 *
 * @throws {Error} If the folder does not exist, cannot be written or is full.
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
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${randomUUID()}.tmp`);
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, "wx");
    for await (const part of bytes instanceof Uint8Array ? [bytes] : bytes) {
      await writeAll(handle, part);
    }
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, path);
  } catch (cause) {
    await handle?.close();
    await rm(temporary, { force: true }).catch(() => {});
    const fault = writeFault(path, cause);
    if (fault === undefined) throw cause; // thrown by the iterable
    throw new Error(`Cannot write "${path}": ${fault}`, { cause });
  }
  await syncFolder(folder);
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
