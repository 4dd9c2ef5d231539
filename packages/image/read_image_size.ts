import { MAX_PIXELS, SVG_LIMITS } from "./decode_image.ts";
import { readImageFile } from "./read_image_file.ts";
import { readMetadata } from "./read_metadata.ts";
import type { Size } from "./resize.ts";

/**
 * Extents of a picture file as it is meant to be seen, from its header.
 *
 * @param path Path of the file.
 * @returns Its extents, turned as EXIF says.
 *
 * @throws {ImageError} If the file is missing, or no picture that is read.
 *
 * @example Usage
 * ```ts
 * import { readImageSize } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const size = await readImageSize("fixtures/demo/0000/query.png");
 * assert.deepEqual(size, { width: 64, height: 64 });
 * ```
 */
export async function readImageSize(path: string): Promise<Size> {
  const { autoOrient } = await readMetadata(await readImageFile(path), {
    ...SVG_LIMITS,
    path,
    maxPixels: MAX_PIXELS,
  });
  return { width: autoOrient.width, height: autoOrient.height };
}
