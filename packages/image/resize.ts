import sharp from "sharp";
import { checkExtents, checkImage, type Image } from "./image.ts";

/** Extents of a picture. */
export interface Size {
  /** Columns. */
  width: number;
  /** Rows. */
  height: number;
}

/**
 * Resizes with a Lanczos filter of three lobes, widened when shrinking.
 *
 * @param image Picture, `[h, w, 3]`.
 * @param size Extents to reach; the aspect ratio is not kept.
 * @returns `[size.height, size.width, 3]`; the picture itself if it has that
 * size.
 *
 * @throws {RangeError} If an extent is not an integer >= 1.
 *
 * @example Usage
 * ```ts
 * import { blankImage, resize } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const small = await resize(blankImage(64, 32, [9, 9, 9]), { width: 8, height: 8 });
 *
 * assert.deepEqual(small, blankImage(8, 8, [9, 9, 9]));
 * ```
 */
export async function resize(image: Image, size: Size): Promise<Image> {
  checkImage("resize image", image);
  const { width, height } = size;
  checkExtents("resize image", width, height);
  if (image.width === width && image.height === height) return image;
  const raw = {
    width: image.width,
    height: image.height,
    channels: 3,
  } as const;
  const data = await sharp(image.data, { raw, limitInputPixels: false })
    .resize(width, height, { fit: "fill", kernel: "lanczos3" })
    .raw()
    .toBuffer();
  return { width, height, data: Uint8Array.from(data) };
}
