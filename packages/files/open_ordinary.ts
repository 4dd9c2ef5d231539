import { constants, type Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { pathOnDisk } from "./path_on_disk.ts";

/**
 * Opens an ordinary file, or a link to one, for reading. A pipe may never
 * answer, a device may never end or act when it is opened: neither is opened.
 * Names are compared in NFC, see {@linkcode pathOnDisk}.
 *
 * @param path Path of the file.
 * @returns The handle.
 *
 * @throws {Error} If there is none, it must not be read, or it is something
 * else; {@linkcode openFault} words it.
 *
 * @example Usage
 * ```ts
 * import { openFault, openOrdinary } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(
 *   openOrdinary("no/such/file"),
 *   (error) => openFault(error) === "there is no such file",
 * );
 * ```
 */
export async function openOrdinary(path: string): Promise<FileHandle> {
  const there = await pathOnDisk(path);
  checkOrdinary(await stat(there));
  const handle = await open(there, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    checkOrdinary(await handle.stat()); // another may have taken its place
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A file that is not of the kind that is wanted. */
export class KindError extends Error {}

function checkOrdinary(found: Stats): void {
  const fault = kindFault(found);
  if (fault !== undefined) throw new KindError(fault);
}

/** Why something is no ordinary file, as the end of a sentence. */
export function kindFault(found: Stats): string | undefined {
  if (found.isFile()) return undefined;
  if (found.isDirectory()) return "it is a folder";
  const kind = found.isFIFO()
    ? "a pipe"
    : found.isSocket()
    ? "a socket"
    : "a device";
  return `it must be an ordinary file, and is ${kind}`;
}

/**
 * Why a file cannot be opened for reading, as the end of a sentence.
 *
 * @param cause What was thrown.
 * @returns Words such as `"there is no such file"`.
 *
 * @example Usage
 * ```ts
 * import { openFault } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * const error = Object.assign(new Error("EACCES"), { code: "EACCES" });
 * assert.equal(openFault(error), "permission is denied");
 * ```
 */
export function openFault(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return "there is no such file";
    case "EACCES":
    case "EPERM":
      return "permission is denied";
    case "EISDIR":
      return "it is a folder";
    default:
      return message;
  }
}
