import sharp from "sharp";
import { checkImage, type Image } from "./image.ts";
import { addPngText } from "./png_text.ts";

/** Options of {@linkcode encodePng}. */
export interface EncodePngOptions {
  /**
   * Texts by keyword, see {@linkcode addPngText}.
   *
   * @default {{}}
   */
  readonly text?: Readonly<Record<string, string>> | undefined;
}

/**
 * Encodes a picture as PNG, without loss. Equal pictures and texts give equal
 * bytes.
 *
 * @param image Picture, `[h, w, 3]`.
 * @param options See {@linkcode EncodePngOptions}.
 * @returns Bytes of the file.
 *
 * @throws {RangeError} If the data does not fit the extents.
 * @throws {TypeError} If a text cannot be stored.
 *
 * @example Usage
 * ```ts
 * import { blankImage, encodePng } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const png = await encodePng(blankImage(2, 2));
 *
 * assert.deepEqual([...png.slice(1, 4)], [0x50, 0x4e, 0x47]); // "PNG"
 * ```
 */
export async function encodePng(
  image: Image,
  options: EncodePngOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  checkImage("encode image", image);
  const { width, height, data } = image;
  const png = await sharp(data, {
    raw: { width, height, channels: 3 },
    limitInputPixels: false,
  }).png({ compressionLevel: 9, adaptiveFiltering: true }).toBuffer();
  return addPngText(png, options.text ?? {});
}
