import { checkImage, type Image, type Rgb, WHITE } from "./image.ts";

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

/**
 * Largest square around the centre; of an odd rest, the smaller half is left
 * out above and to the left.
 *
 * @param image Picture, `[h, w, 3]`.
 * @returns `[s, s, 3]` with s the shorter side; the picture itself if square.
 *
 * @example Usage
 * ```ts
 * import { blankImage, cropSquare } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * assert.equal(cropSquare(blankImage(5, 2)).width, 2);
 * ```
 */
export function cropSquare(image: Image): Image {
  const side = Math.min(image.width, image.height);
  if (image.width === image.height) return image;
  return crop(image, {
    left: Math.floor((image.width - side) / 2),
    top: Math.floor((image.height - side) / 2),
    width: side,
    height: side,
  });
}

/**
 * Smallest square around the whole picture, centred.
 *
 * @param image Picture, `[h, w, 3]`.
 * @param background Colour of what is added.
 * @returns `[s, s, 3]` with s the longer side; the picture itself if square.
 *
 * @example Usage
 * ```ts
 * import { blankImage, padSquare } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * assert.equal(padSquare(blankImage(5, 2)).height, 5);
 * ```
 */
export function padSquare(image: Image, background: Rgb = WHITE): Image {
  checkImage("pad image", image);
  const side = Math.max(image.width, image.height);
  if (image.width === image.height) return image;
  const data = new Uint8Array(side * side * 3);
  for (let i = 0; i < data.length; i += 3) data.set(background, i);
  const left = Math.floor((side - image.width) / 2);
  const top = Math.floor((side - image.height) / 2);
  const stride = image.width * 3;
  for (let y = 0; y < image.height; y++) {
    const row = image.data.subarray(y * stride, (y + 1) * stride);
    data.set(row, ((top + y) * side + left) * 3);
  }
  return { width: side, height: side, data };
}
