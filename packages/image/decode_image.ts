import { checkPicture } from "./check_picture.ts";
import { decodeError } from "./decode_error.ts";
import { decodePixels } from "./decode_pixels.ts";
import type { Image } from "./image.ts";
import { ImageError } from "./image_error.ts";
import { readImageFile } from "./read_image_file.ts";
import { readMetadata } from "./read_metadata.ts";
import { within } from "./within.ts";

/** Most pixels of a file. */
export const MAX_PIXELS = 268_402_689;

const LIMITS = {
  reduceAbove: 100_000_000,
  maxSeconds: 120,
  maxGrowth: undefined, // pixels bound it
};

/** A small SVG may cost any time, and memory for each of its filters. */
export const SVG_LIMITS = {
  reduceAbove: 2 ** 24,
  maxSeconds: 10,
  maxGrowth: 2 ** 30,
};

/** Options of {@linkcode decodeImage}. */
export interface DecodeImageOptions {
  /**
   * Most pixels a file may have. The header tells, before any pixel is
   * decoded.
   *
   * @default {268_402_689}
   */
  readonly maxPixels?: number | undefined;
  /**
   * Most pixels of the result. Larger pictures are reduced to a half, a quarter
   * and so on while they are read; GIF, AVIF and interlaced PNG, which cannot
   * be, are refused.
   *
   * @default {100_000_000, and 2 ** 24 for SVG}
   */
  readonly reduceAbove?: number | undefined;
  /**
   * Time limit in seconds. The thread that decodes may go on, so that only
   * the end of the process frees it.
   *
   * @default {120, and 10 for SVG}
   */
  readonly maxSeconds?: number | undefined;
  /** Takes a sentence about what a picture holds and its pixels do not show. */
  readonly onNotice?: ((notice: string) => void) | undefined;
  /**
   * What stands for the path in messages when bytes are given.
   *
   * @default {"image"}
   */
  readonly path?: string | undefined;
}

/**
 * Decodes a picture: PNG, JPEG, WebP, TIFF, AVIF, SVG, or the first
 * frame of a GIF, at 8 or 16 bits.
 *
 * It is turned as EXIF says, converted to sRGB and 8 bits, and laid on white
 * where it has alpha.
 *
 * @param source Bytes of the file, or its path.
 * @param options See {@linkcode DecodeImageOptions}.
 * @returns The picture as it is meant to be seen.
 *
 * @throws {ImageError} If the file is missing, not an ordinary one, empty, not
 * a picture, damaged, cut short, larger than `maxPixels`, slower than
 * `maxSeconds`, or its samples are of a kind that is not read.
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
  const path = typeof source === "string" ? source : options.path ?? "image";
  const bytes = typeof source === "string" ? await readImageFile(path) : source;
  const { maxPixels = MAX_PIXELS } = options;
  const metadata = await readMetadata(bytes, {
    path,
    maxPixels,
    maxSeconds: options.maxSeconds ?? SVG_LIMITS.maxSeconds,
    maxGrowth: SVG_LIMITS.maxGrowth,
  });
  const costs = metadata.format === "svg" ? SVG_LIMITS : LIMITS;
  const {
    reduceAbove = costs.reduceAbove,
    maxSeconds = costs.maxSeconds,
    onNotice = () => {},
  } = options;
  const limits = { ...costs, path, maxPixels, reduceAbove, maxSeconds };
  checkPicture(metadata, limits);
  try {
    return await within(
      decodePixels(bytes, metadata, { ...limits, onNotice }),
      limits,
    );
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw decodeError(path, cause);
  }
}
