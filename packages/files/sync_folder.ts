import { type FileHandle, open } from "node:fs/promises";

/** Makes new names in a folder durable, on systems where a folder can be flushed. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, "r");
    await handle.sync();
  } catch {
    // the content is on disk already
  } finally {
    await handle?.close();
  }
}
