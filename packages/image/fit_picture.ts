import { crop, type Rectangle } from "./crop.ts";
import {
  blankImage,
  checkExtents,
  checkImage,
  type Image,
  WHITE,
} from "./image.ts";
import type { Fit } from "./fits.ts";
import { resize, type Size } from "./resize.ts";

/**
 * Brings a picture to given extents.
 *
 * @param image Picture, `[h, w, 3]`.
 * @param size Extents to reach.
 * @param fit See {@linkcode Fit}.
 * @returns `[size.height, size.width, 3]`; the picture itself if it has that size.
 *
 * @throws {RangeError} If an extent is not an integer >= 1.
 *
 * @example Usage
 * ```ts
 * import { blankImage, fitPicture } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const image = blankImage(64, 64);
 * const size = { width: 32, height: 16 };
 *
 * assert.equal(await fitPicture(image, image, "crop"), image);
 * assert.equal((await fitPicture(image, size, "pad")).width, 32);
 * ```
 */
export async function fitPicture(
  image: Image,
  size: Size,
  fit: Fit,
): Promise<Image> {
  checkImage("resize image", image);
  checkExtents("resize image", size.width, size.height);
  if (fit === "crop") return await resize(cropTo(image, size), size);
  const place = placeIn(size, image);
  const small = await resize(image, place);
  return extend(small, { size, place, isContinued: fit !== "pad" });
}

/**
 * Where a picture stands that was brought to given extents whole.
 *
 * @param size Extents that were reached.
 * @param picture Extents that it had.
 * @returns Its rectangle.
 *
 * @example Usage
 * ```ts
 * import { placeIn } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const place = placeIn({ width: 80, height: 48 }, { width: 300, height: 200 });
 * assert.deepEqual(place, { left: 4, top: 0, width: 72, height: 48 });
 * ```
 */
export function placeIn(size: Size, picture: Size): Rectangle {
  const scale = Math.min(
    size.width / picture.width,
    size.height / picture.height,
  );
  const side = (extent: number, most: number) =>
    Math.min(most, Math.max(1, Math.round(extent * scale)));
  const width = side(picture.width, size.width);
  const height = side(picture.height, size.height);
  return {
    left: Math.floor((size.width - width) / 2),
    top: Math.floor((size.height - height) / 2),
    width,
    height,
  };
}

/**
 * Gives a picture back that was brought to given extents whole: what was added
 * is cut off, and the rest resized.
 *
 * @param image What was made of it there, `[h, w, 3]`.
 * @param size Extents that the picture had.
 * @returns `[size.height, size.width, 3]`; the picture itself if it has that size.
 *
 * @example Usage
 * ```ts
 * import { blankImage, fitPicture, giveBack } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const photo = blankImage(300, 200, [9, 9, 9]);
 * const panel = await fitPicture(photo, { width: 80, height: 48 }, "match");
 * assert.deepEqual(await giveBack(panel, photo), photo);
 * ```
 */
export async function giveBack(image: Image, size: Size): Promise<Image> {
  return await resize(crop(image, placeIn(image, size)), size);
}

/** Largest part of that ratio around the centre. */
function cropTo(image: Image, size: Size): Image {
  const { width: w, height: h } = image;
  const width = Math.min(
    w,
    Math.max(1, Math.round(h * size.width / size.height)),
  );
  const height = Math.min(
    h,
    Math.max(1, Math.round(w * size.height / size.width)),
  );
  if (width === w && height === h) return image;
  return crop(image, {
    left: Math.floor((w - width) / 2),
    top: Math.floor((h - height) / 2),
    width,
    height,
  });
}

/** A picture with more around it: white, or the pixels of its border again. */
function extend(
  image: Image,
  { size, place: { left, top }, isContinued }: {
    readonly size: Size;
    readonly place: Rectangle;
    readonly isContinued: boolean;
  },
): Image {
  const { width, height, data } = image;
  if (width === size.width && height === size.height) return image;
  const whole = blankImage(size.width, size.height, WHITE);
  const within = (at: number, extent: number) =>
    Math.min(extent - 1, Math.max(0, at));
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      const [u, v] = [within(x - left, width), within(y - top, height)];
      const isOutside = u !== x - left || v !== y - top;
      if (isOutside && !isContinued) continue;
      const from = (v * width + u) * 3;
      whole.data.set(
        data.subarray(from, from + 3),
        (y * size.width + x) * 3,
      );
    }
  }
  return whole;
}
