import sharp, { type Metadata } from "sharp";
import { checkPixels } from "./check_picture.ts";
import { decodeError, unreadError } from "./decode_error.ts";
import { heifExtents } from "./heif_boxes.ts";
import { ImageError } from "./image_error.ts";
import { unreadFormat } from "./image_formats.ts";
import { tiffFault } from "./tiff_facts.ts";
import { within, type WorkLimits } from "./within.ts";

/** What the header of a picture says; refuses what is no picture that is read. */
export async function readMetadata(
  bytes: Uint8Array,
  { path, maxPixels, ...limits }: WorkLimits & { readonly maxPixels: number },
): Promise<Metadata> {
  if (bytes.length === 0) {
    throw new ImageError(
      `Cannot decode "${path}" as it must be an image: it is empty (0 bytes)`,
      { path },
    );
  }
  const name = unreadFormat(bytes);
  if (name !== undefined) throw unreadError(path, `${name} is not read`, name);
  const fault = tiffFault(bytes);
  if (fault !== undefined) throw unreadError(path, fault);
  checkPixels(...heifExtents(bytes), path, maxPixels); // before the decoder's own
  try {
    const reading = sharp(bytes, { limitInputPixels: false }).metadata();
    return await within(reading, { path, ...limits });
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw decodeError(path, cause);
  }
}
