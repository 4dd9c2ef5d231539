import type { Metadata } from "sharp";
import { unreadError } from "./decode_error.ts";
import { ImageError } from "./image_error.ts";
import {
  formatName,
  MOST_CHANNELS,
  READ_FORMATS,
  REDUCIBLE_FORMATS,
} from "./image_formats.ts";

/** Limits of a picture's pixels. */
export interface PixelLimits {
  /** Most pixels of a file. */
  readonly maxPixels: number;
  /** Most pixels in memory. */
  readonly reduceAbove: number;
}

/** Refuses, by the header alone, what is too large or of an unknown kind. */
export function checkPicture(
  metadata: Metadata,
  { path, maxPixels, reduceAbove }: PixelLimits & { readonly path: string },
): void {
  const { format, space, depth, channels, width, height } = metadata;
  const name = formatName(format);
  if (!READ_FORMATS[format]?.[space]?.includes(depth)) {
    const known = Object.values(READ_FORMATS[format] ?? {}).flat();
    throw unreadError(
      path,
      known.includes(depth)
        ? `samples of ${name} must be grey, RGB, CMYK or of a palette: they are others`
        : `samples of ${name} must be integers >= 0 of ${
          known.includes("ushort") ? "at most 16" : "8"
        } bits: they are ${TYPES[depth] ?? depth}`,
    );
  }
  if (channels > MOST_CHANNELS[space]!) {
    throw unreadError(
      path,
      `it must have at most ${MOST_CHANNELS[space]} channels: got ${channels}`,
    );
  }
  const isReducible = REDUCIBLE_FORMATS.includes(format) &&
    !(format === "png" && metadata.isProgressive);
  checkPixels(
    width,
    height,
    path,
    isReducible ? maxPixels : Math.min(maxPixels, reduceAbove),
  );
}

/** Refuses more pixels than `limit`. */
export function checkPixels(
  width: number,
  height: number,
  path: string,
  limit: number,
): void {
  if (width * height > limit) {
    throw new ImageError(
      `Cannot decode "${path}" as it must have at most ${limit} pixels: ` +
        `got ${width} x ${height} = ${width * height}`,
      { path },
    );
  }
}

const TYPES: Readonly<Record<string, string>> = {
  char: "signed, of 8 bits",
  short: "signed, of 16 bits",
  uint: "of 32 bits",
  int: "signed, of 32 bits",
  float: "fractions",
  double: "fractions",
  complex: "complex",
  dpcomplex: "complex",
};
