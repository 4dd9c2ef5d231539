import { lstat, rm } from "node:fs/promises";

/**
 * Opens a file that this process holds until it is closed or ends, made if it is
 * not there; undefined where another holds it. The hold is the system's. Deno
 * alone has it.
 */
export async function holdFile(path: string): Promise<Deno.FsFile | undefined> {
  for (;;) {
    const file = await Deno.open(path, { create: true, write: true });
    try {
      if (!await file.tryLock(true)) {
        file.close();
        return undefined;
      }
      if (await isAt(path, file)) return file;
    } catch (error) {
      file.close();
      throw error;
    }
    file.close(); // its last holder has moved it meanwhile
  }
}

/** Whether an open file is still the one at its path. */
async function isAt(path: string, file: Deno.FsFile): Promise<boolean> {
  const found = await Deno.stat(path).catch(() => undefined);
  return found !== undefined && found.ino === (await file.stat()).ino;
}

/** Removes a link, a pipe or the like, which would be opened in place of a file. */
export async function removeOther(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found !== undefined && !found.isFile()) await rm(path);
}
