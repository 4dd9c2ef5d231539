import { openFault, openOrdinary } from "@edit-transfer/files";
import { ImageError } from "./image_error.ts";

/** Most bytes of a picture file. */
const MAX_BYTES = 2 ** 30;

/**
 * Bytes of a picture file. Only ordinary files are opened, and at most 1 GiB
 * is read.
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
    await using handle = await openOrdinary(path);
    const { size } = await handle.stat();
    if (size > MAX_BYTES) {
      throw openError(
        path,
        `it must have at most ${MAX_BYTES} bytes, and has ${size}`,
      );
    }
    const bytes = new Uint8Array(size);
    let length = 0;
    while (length < size) {
      const { bytesRead } = await handle.read(bytes, length, size - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw openError(path, openFault(cause), cause);
  }
}

function openError(path: string, fault: string, cause?: unknown): ImageError {
  const { code } = (cause ?? {}) as { readonly code?: string | undefined };
  return new ImageError(
    code === "ENOENT"
      ? `Picture not found: "${path}"`
      : `Cannot open image "${path}": ${fault}`,
    { path, cause },
  );
}
