import { openFault, readOrdinary } from "@edit-transfer/files";
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
    return await readOrdinary(path, MAX_BYTES);
  } catch (cause) {
    const { code } = cause as { readonly code?: string | undefined };
    throw new ImageError(
      code === "ENOENT"
        ? `Picture not found: "${path}"`
        : `Cannot open image "${path}": ${openFault(cause)}`,
      { path, cause },
    );
  }
}
