import { readFile } from "node:fs/promises";
import sharp from "sharp";
import type { Image } from "./image.ts";
import { ImageError } from "./image_error.ts";
import { isPng, pngChunks } from "./png_chunks.ts";

/** Options of {@linkcode decodeImage}. */
export interface DecodeImageOptions {
  /**
   * Most pixels a picture may have. The header tells, before any pixel is
   * decoded.
   *
   * @default {100_000_000}
   */
  maxPixels?: number;
  /**
   * What stands for the path in messages when bytes are given.
   *
   * @default {"image"}
   */
  path?: string;
}

/**
 * Decodes a picture: PNG, JPEG, WebP, TIFF, AVIF, SVG, or the first
 * frame of a GIF.
 *
 * It is turned as EXIF says, converted to sRGB and 8 bits, and laid on white
 * where it has alpha.
 *
 * @param source Bytes of the file, or its path.
 * @param options See {@linkcode DecodeImageOptions}.
 * @returns The picture as it is meant to be seen.
 *
 * @throws {ImageError} If the file is missing, empty, not a picture, damaged,
 * cut short, or larger than `maxPixels`.
 *
 * @example Usage
 * ```ts
 * import { blankImage, decodeImage, encodePng } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const png = await encodePng(blankImage(2, 1, [9, 8, 7]));
 *
 * assert.deepEqual(await decodeImage(png), blankImage(2, 1, [9, 8, 7]));
 * ```
 */
export async function decodeImage(
  source: Uint8Array | string,
  options: DecodeImageOptions = {},
): Promise<Image> {
  const { maxPixels = 100_000_000 } = options;
  const path = typeof source === "string" ? source : options.path ?? "image";
  const bytes = typeof source === "string" ? await readBytes(path) : source;
  if (bytes.length === 0) {
    throw new ImageError(
      `Cannot decode "${path}" as it must be an image: it is empty (0 bytes)`,
      { path },
    );
  }
  try {
    await checkPixels(bytes, maxPixels, path);
    if (isPng(bytes)) { // one cut behind its pixels is whole to the decoder
      for (const _ of pngChunks(bytes, { path, checksums: false }));
    }
    const { data, info } = await sharp(bytes, {
      failOn: "error",
      limitInputPixels: maxPixels,
    })
      .autoOrient()
      .flatten({ background: "#ffffff" })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    return { width, height, data: toRgb(data, channels) };
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw decodeError(path, cause);
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const found = code === "ENOENT" || code === "ENOTDIR"
      ? "there is no such file"
      : code === "EISDIR"
      ? "it is a folder"
      : code === "EACCES" || code === "EPERM"
      ? "permission is denied"
      : message;
    throw new ImageError(`Cannot open image "${path}": ${found}`, {
      path,
      cause,
    });
  }
}

/** Refuses a picture that is too large by its header alone. */
async function checkPixels(
  bytes: Uint8Array,
  maxPixels: number,
  path: string,
): Promise<void> {
  const { width, height } = await sharp(bytes, { limitInputPixels: false })
    .metadata();
  if (width * height > maxPixels) {
    throw new ImageError(
      `Cannot decode "${path}" as it must have at most ${maxPixels} pixels: ` +
        `got ${width} x ${height} = ${width * height}`,
      { path },
    );
  }
}

function decodeError(path: string, cause: unknown): ImageError {
  const message = (cause as Error).message;
  const found = /unsupported image format/.test(message)
    ? `it must be an image: its format is none of PNG, JPEG, WebP, TIFF, AVIF, GIF and SVG`
    : `it must be a whole, sound image: ${
      message.replace(/^Input buffer has corrupt header: */, "")
        .split("\n")[0]!.trim() || "its header is damaged"
    }`;
  return new ImageError(`Cannot decode "${path}" as ${found}`, { path, cause });
}

/** Copies three channels; repeats the first where there are fewer. */
function toRgb(
  data: Uint8Array,
  channels: number,
): Uint8Array<ArrayBuffer> {
  if (channels === 3) return Uint8Array.from(data);
  const pixels = data.length / channels;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < 3; c++) {
      rgb[i * 3 + c] = data[i * channels + (channels < 3 ? 0 : c)]!;
    }
  }
  return rgb;
}
