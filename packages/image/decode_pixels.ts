import sharp, { type Metadata, type Sharp } from "sharp";
import type { PixelLimits } from "./check_picture.ts";
import { type ColourSpace, convertToSrgb } from "./colour_space.ts";
import { unreadError } from "./decode_error.ts";
import type { Image } from "./image.ts";
import { colourPath, isDamagedProfile } from "./picture_colours.ts";
import { isPng } from "./png_chunks.ts";
import { readPngFacts } from "./png_colours.ts";
import { hasUnknownExtra } from "./tiff_facts.ts";

/** Options of decoding, with defaults. */
export interface DecodeLimits extends PixelLimits {
  readonly path: string;
  readonly maxSeconds: number;
  readonly onNotice: (notice: string) => void;
}

/** Decodes what was checked, and tells what the pixels do not show. */
export async function decodePixels(
  bytes: Uint8Array,
  metadata: Metadata,
  limits: DecodeLimits,
): Promise<Image> {
  const { path, onNotice } = limits;
  const png = isPng(bytes) ? readPngFacts(bytes, path) : undefined;
  const colours = colourPath(bytes, metadata, png);
  if (typeof colours === "object" && "refused" in colours) {
    throw unreadError(path, colours.refused);
  }
  const size = reducedSize(metadata, limits.reduceAbove);
  const options = {
    failOn: "error",
    limitInputPixels: limits.maxPixels,
    ignoreIcc: colours === "as sRGB" || typeof colours === "object",
  } as const;
  let picture = sharp(bytes, options).autoOrient()
    .timeout({ seconds: Math.ceil(limits.maxSeconds) });
  if (size !== undefined) picture = picture.resize({ ...size, fit: "fill" });
  const isOpaque = hasUnknownExtra(bytes);
  if (isOpaque) picture = picture.removeAlpha();
  else if (colours === "as sRGB" || colours === "by profile") {
    picture = picture.flatten({ background: "#ffffff" });
  }
  const image = typeof colours === "object"
    ? await convert(picture, colours)
    : colours === "by profile at 8 bits"
    ? await pixels(await at8Bits(picture, metadata))
    : await pixels(picture);
  const frames = png?.frames ?? metadata.pages ?? 1;
  if (frames > 1) {
    onNotice(`"${path}" holds ${frames} pictures: the first is read`);
  }
  if (isDamagedProfile(metadata)) {
    onNotice(`"${path}" has a damaged colour profile: it is taken for sRGB`);
  }
  if (size !== undefined) {
    onNotice(
      `"${path}" is large: it is reduced to ${size.width} x ${size.height} pixels while it is read`,
    );
  }
  return image;
}

/** A half, quarter and so on of the extents as seen, if they are too large. */
function reducedSize(
  { width, height, autoOrient }: Metadata,
  reduceAbove: number,
): { width: number; height: number } | undefined {
  let factor = 1;
  const part = (extent: number) => Math.ceil(extent / factor);
  while (part(width) * part(height) > reduceAbove) factor *= 2;
  if (factor === 1) return undefined;
  return { width: part(autoOrient.width), height: part(autoOrient.height) };
}

/** Pixels that the decoder converts to sRGB. */
async function pixels(picture: Sharp): Promise<Image> {
  const { data, info } = await picture.toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { width, height, data: toRgb(data, channels) };
}

/** The same samples in 8 bits, with their profile, to be laid on white. */
async function at8Bits(picture: Sharp, { space }: Metadata): Promise<Sharp> {
  const samples = await picture.keepIccProfile()
    .toColourspace(space === "grey16" ? "b-w" : "srgb")
    .tiff({ compression: "none" }).toBuffer();
  return sharp(samples).flatten({ background: "#ffffff" });
}

/** Converts from a colour space, and lays on white. */
async function convert(picture: Sharp, space: ColourSpace): Promise<Image> {
  const { data, info } = await picture.toColourspace("rgb16")
    .raw({ depth: "ushort" })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const samples = new Uint16Array(
    data.buffer,
    data.byteOffset,
    data.length / 2,
  );
  return { width, height, data: convertToSrgb(samples, channels, space) };
}

/** Copies three channels; repeats the first where there are fewer. */
function toRgb(
  data: Uint8Array<ArrayBuffer>,
  channels: number,
): Uint8Array<ArrayBuffer> {
  if (channels === 3) {
    return new Uint8Array(data.buffer, data.byteOffset, data.length);
  }
  const pixels = data.length / channels;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < 3; c++) {
      rgb[i * 3 + c] = data[i * channels + (channels < 3 ? 0 : c)]!;
    }
  }
  return rgb;
}
