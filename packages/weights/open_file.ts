import { type FileHandle, open } from "node:fs/promises";
import { WeightError } from "./weight_error.ts";

/** Opens a file for reading, with a plain sentence where that fails. */
export async function openFile(path: string): Promise<FileHandle> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "r");
    if ((await handle.stat()).isFile()) return handle;
  } catch (cause) {
    await handle?.close();
    const { code, message } = cause as NodeJS.ErrnoException;
    const found = code === "ENOENT" || code === "ENOTDIR"
      ? "there is no such file"
      : code === "EACCES" || code === "EPERM"
      ? "permission is denied"
      : code === "EISDIR"
      ? "it is a folder"
      : message;
    throw new WeightError(`Cannot open weights "${path}": ${found}`, {
      path,
      cause,
    });
  }
  await handle.close();
  throw new WeightError(`Cannot open weights "${path}": it is not a file`, {
    path,
  });
}
