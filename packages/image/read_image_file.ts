import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import { ImageError } from "./image_error.ts";

/** Most bytes of a picture file. */
const MAX_BYTES = 2 ** 30;

/**
 * Bytes of a picture file. Only ordinary files are opened, since a pipe or a
 * device may never answer or never end, and at most 1 GiB is read.
 *
 * @param path Path of the file, or of a link to it.
 * @returns All of its bytes.
 *
 * @throws {ImageError} If there is no such file, it is not an ordinary one,
 * it must not be read, or it is too large.
 *
 * @example Usage
 * ```ts
 * import { readImageFile } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(readImageFile("absent.png"), { name: "ImageError" });
 * ```
 */
export async function readImageFile(
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    checkFile(await stat(path), path); // before opening: a device may act
    await using handle = await open(
      path,
      constants.O_RDONLY | constants.O_NONBLOCK,
    );
    const found = await handle.stat();
    checkFile(found, path); // it may have been replaced
    const bytes = new Uint8Array(found.size);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, { offset: length });
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const found = code === "ENOENT" || code === "ENOTDIR"
      ? "there is no such file"
      : code === "EACCES" || code === "EPERM"
      ? "permission is denied"
      : message;
    throw openError(path, found, cause);
  }
}

function checkFile(
  found: Awaited<ReturnType<typeof stat>>,
  path: string,
): void {
  if (found.isDirectory()) throw openError(path, "it is a folder");
  if (!found.isFile()) {
    const kind = found.isFIFO()
      ? "a pipe"
      : found.isSocket()
      ? "a socket"
      : "a device";
    throw openError(path, `it must be an ordinary file, and is ${kind}`);
  }
  if (Number(found.size) > MAX_BYTES) {
    throw openError(
      path,
      `it must have at most ${MAX_BYTES} bytes, and has ${found.size}`,
    );
  }
}

function openError(path: string, found: string, cause?: unknown): ImageError {
  return new ImageError(`Cannot open image "${path}": ${found}`, {
    path,
    cause,
  });
}
