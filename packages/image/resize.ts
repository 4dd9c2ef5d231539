import sharp from "sharp";
import { cropSquare, padSquare } from "./crop.ts";
import { checkExtents, checkImage, type Image, type Rgb } from "./image.ts";

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

/** Options of {@linkcode fitSquare}. */
export interface FitSquareOptions {
  /**
   * Whether to cut off what exceeds the square or to add what it lacks.
   *
   * @default {"crop"}
   */
  readonly fit?: "crop" | "pad" | undefined;
  /**
   * Colour of what is added.
   *
   * @default {[255, 255, 255]}
   */
  readonly background?: Rgb | undefined;
}

/**
 * Brings a picture to a square of a given side, around its centre.
 *
 * @param image Picture, `[h, w, 3]`.
 * @param size Side in pixels.
 * @param options See {@linkcode FitSquareOptions}.
 * @returns `[size, size, 3]`; the picture itself if it has that size.
 *
 * @throws {RangeError} If the side is not an integer >= 1.
 *
 * @example Usage
 * ```ts
 * import { blankImage, fitSquare } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const image = blankImage(64, 64);
 *
 * assert.equal(await fitSquare(image, 64), image);
 * assert.equal((await fitSquare(image, 32, { fit: "pad" })).width, 32);
 * ```
 */
export async function fitSquare(
  image: Image,
  size: number,
  options: FitSquareOptions = {},
): Promise<Image> {
  const { fit = "crop", background } = options;
  if (fit === "crop") {
    return await resize(cropSquare(image), { width: size, height: size });
  }
  checkExtents("resize image", size, size);
  const scale = size / Math.max(image.width, image.height);
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  return padSquare(await resize(image, { width, height }), background);
}
