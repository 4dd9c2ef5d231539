import type { Image } from "@edit-transfer/image";
import { Buffer } from "node:buffer";
import sharp from "sharp";

/** Largest side of a picture on the page, in pixels. */
const SIDE = 192;

/**
 * A picture as an address with the picture in it, made smaller where it is
 * large.
 */
export async function thumbnail(
  { data, width, height }: Image,
): Promise<string> {
  const webp = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(SIDE, SIDE, { fit: "inside", withoutEnlargement: true })
    .webp({ quality: 90 }).toBuffer();
  return `data:image/webp;base64,${Buffer.from(webp).toString("base64")}`;
}
