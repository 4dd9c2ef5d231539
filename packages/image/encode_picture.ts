import { extname } from "node:path";
import sharp from "sharp";
import { encodePng, type EncodePngOptions } from "./encode_png.ts";
import { checkImage, type Image } from "./image.ts";
import { ImageError } from "./image_error.ts";
import { xmpPacket } from "./picture_text.ts";

/** Formats that pictures are written in. */
export type PictureFormat = "png" | "jpeg" | "webp";

const EXTENSIONS: Readonly<Record<string, PictureFormat>> = {
  ".png": "png",
  ".jpg": "jpeg",
  ".jpeg": "jpeg",
  ".webp": "webp",
};

/** Most bytes of texts in a JPEG file, whose segments hold no more. */
const JPEG_TEXT = 65_000;

/**
 * Format of a file by its name, whatever its case.
 *
 * @param path Name of the file.
 * @returns The format; undefined for names of other ones.
 *
 * @example Usage
 * ```ts
 * import { formatOf } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * assert.equal(formatOf("photos/a.JPG"), "jpeg");
 * assert.equal(formatOf("a.gif"), undefined);
 * ```
 */
export function formatOf(path: string): PictureFormat | undefined {
  return EXTENSIONS[extname(path).toLowerCase()];
}

/** Options of {@linkcode encodePicture}. */
export interface EncodePictureOptions extends EncodePngOptions {
  /** Format of the file. */
  readonly format: PictureFormat;
}

/**
 * Encodes a picture with texts: PNG without loss, JPEG and WebP at quality 95,
 * JPEG with a colour for every pixel. Equal pictures and texts give equal bytes.
 *
 * @param image Picture, `[h, w, 3]`.
 * @param options See {@linkcode EncodePictureOptions}.
 * @returns Bytes of the file.
 *
 * @throws {RangeError} If the data does not fit the extents.
 * @throws {TypeError} If a text cannot be stored in a PNG file.
 * @throws {ImageError} If texts are too long for a JPEG file.
 *
 * @example Usage
 * ```ts
 * import { blankImage, decodeImage, encodePicture } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const grey = blankImage(4, 4, [99, 99, 99]);
 * const jpeg = await encodePicture(grey, { format: "jpeg" });
 * assert.deepEqual(await decodeImage(jpeg), grey);
 * ```
 */
export async function encodePicture(
  image: Image,
  options: EncodePictureOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { format, text = {} } = options;
  if (format === "png") return await encodePng(image, { text });
  checkImage("encode image", image);
  const { width, height, data } = image;
  let picture = sharp(data, {
    raw: { width, height, channels: 3 },
    limitInputPixels: false,
  });
  if (Object.keys(text).length > 0) {
    const packet = xmpPacket(text);
    const bytes = new TextEncoder().encode(packet).length;
    if (format === "jpeg" && bytes > JPEG_TEXT) {
      throw new ImageError(
        `Cannot encode JPEG as its texts must have at most ${JPEG_TEXT} bytes: got ${bytes}; PNG and WebP hold more`,
        { path: "image" },
      );
    }
    picture = picture.withXmp(packet);
  }
  const encoded = format === "jpeg"
    ? picture.jpeg({ quality: 95, chromaSubsampling: "4:4:4" })
    : picture.webp({ quality: 95, smartSubsample: true });
  return Uint8Array.from(await encoded.toBuffer());
}
