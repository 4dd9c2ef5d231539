/**
 * Pictures: decoding any common format to 8-bit sRGB, cropping, resizing,
 * tiling, and PNG files with texts.
 *
 * @example Usage
 * ```ts
 * import { blankImage, decodeImage, encodePng, fitPicture } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const photo = await encodePng(blankImage(96, 64, [200, 120, 40]));
 * const size = { width: 32, height: 32 };
 * const panel = await fitPicture(await decodeImage(photo), size, "crop");
 *
 * assert.deepEqual(panel, blankImage(32, 32, [200, 120, 40]));
 * ```
 *
 * @module
 */
export * from "./check_pair.ts";
export * from "./common_colours.ts";
export * from "./crop.ts";
export { decodeImage, type DecodeImageOptions } from "./decode_image.ts";
export * from "./encode_picture.ts";
export * from "./encode_png.ts";
export * from "./fit_picture.ts";
export * from "./fits.ts";
export { blankImage, type Image, type Rgb, WHITE } from "./image.ts";
export * from "./image_error.ts";
export { addPngText, checkPngText, readPngText } from "./png_text.ts";
export * from "./match_size.ts";
export { readPictureText } from "./picture_text.ts";
export * from "./read_image_file.ts";
export * from "./read_image_size.ts";
export * from "./resize.ts";
export * from "./resize_bicubic.ts";
export * from "./tile.ts";
