import { checkImage, type Image } from "./image.ts";

/** Rectangle of pixels. */
export interface Rectangle {
  /** First column. */
  left: number;
  /** First row. */
  top: number;
  /** Columns. */
  width: number;
  /** Rows. */
  height: number;
}

/**
 * Cuts a rectangle out.
 *
 * @param image Picture, `[h, w, 3]`.
 * @param rectangle Part to keep.
 * @returns Its pixels, `[rectangle.height, rectangle.width, 3]`.
 *
 * @throws {RangeError} If the rectangle is empty or leaves the picture.
 *
 * @example Usage
 * ```ts
 * import { blankImage, crop } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const part = crop(blankImage(4, 4), { left: 1, top: 2, width: 3, height: 2 });
 *
 * assert.deepEqual([part.width, part.height], [3, 2]);
 * ```
 */
export function crop(image: Image, rectangle: Rectangle): Image {
  checkImage("crop image", image);
  const { left, top, width, height } = rectangle;
  const fits = [left, top, width, height].every(Number.isSafeInteger) &&
    left >= 0 && top >= 0 && width >= 1 && height >= 1 &&
    left + width <= image.width && top + height <= image.height;
  if (!fits) {
    throw new RangeError(
      `Cannot crop image as the rectangle must lie within ${image.width} x ${image.height}: ` +
        `got ${width} x ${height} at (${left}, ${top})`,
    );
  }
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { width, height, data };
}
