import { mkdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { syncFolder } from "./sync_folder.ts";
import { writeFault } from "./write_fault.ts";

/**
 * Writes a folder whole or not at all: beside its place, under the name
 * `.writing-NAME`, then renamed.
 *
 * A folder of that name is replaced; it lies aside as `.removing-NAME` until
 * the new one is there. What a process that was killed has left under these two
 * names is removed. One process at a time may do this, see {@linkcode lock}.
 *
 * @param path Path of the folder; the one around it must exist.
 * @param write Fills the folder that it is given.
 * @returns When the folder has its name.
 *
 * @throws {Error} If a folder cannot be written, no folder has its name, or what `write` throws; what
 * was there before stays.
 *
 * @example Usage
 * ```ts
 * import { replaceFolder } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 * import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const folder = await mkdtemp(join(tmpdir(), "replace-"));
 * await replaceFolder(join(folder, "a"), (to) =>
 *   writeFile(join(to, "b"), "c"));
 * assert.deepEqual(await readdir(folder), ["a"]);
 * await rm(folder, { recursive: true });
 * ```
 */
export async function replaceFolder(
  path: string,
  write: (folder: string) => Promise<void>,
): Promise<void> {
  const parent = dirname(path);
  const writing = join(parent, `.writing-${basename(path)}`);
  const removing = join(parent, `.removing-${basename(path)}`);
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && !found.isDirectory()) {
    throw new Error(`Cannot write "${path}": it is not a folder`);
  }
  try {
    await rm(writing, { recursive: true, force: true });
    await mkdir(writing);
  } catch (cause) {
    throw new Error(
      `Cannot write "${path}": ${
        writeFault(path, cause) ?? (cause as Error).message
      }`,
      { cause },
    );
  }
  try {
    await write(writing);
    await rm(removing, { recursive: true, force: true });
    await rename(path, removing).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    await rename(writing, path).catch(async (error) => {
      await rename(removing, path).catch(() => {});
      throw error;
    });
    await rm(removing, { recursive: true, force: true });
  } catch (error) {
    await rm(writing, { recursive: true, force: true }).catch(() => {});
    const fault = writeFault(path, error);
    if (fault !== "the disk is full") throw error;
    throw new Error(`Cannot write "${path}": ${fault}`, { cause: error });
  }
  await syncFolder(parent);
}
