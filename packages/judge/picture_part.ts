import { encodePng, type Image, resize } from "@edit-transfer/image";
import { Buffer } from "node:buffer";
import type { Part } from "./chat.ts";

/** Pixels of the shorter side up to which small pictures are enlarged. */
const ENLARGED_TO = 512;
/** Most pixels of the longer side. */
const MOST = 1024;

const urls = new WeakMap<Image, Promise<string>>();

/**
 * A picture as a piece of a message: a PNG in a data URL. Small ones are enlarged
 * by a whole factor, each pixel repeated, and large ones reduced.
 */
export async function picturePart(image: Image): Promise<Part> {
  let url = urls.get(image);
  if (url === undefined) urls.set(image, url = dataUrl(image));
  return { type: "image_url", image_url: { url: await url } };
}

async function dataUrl(image: Image): Promise<string> {
  const png = await encodePng(await fitted(image));
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
}

async function fitted(image: Image): Promise<Image> {
  const { width, height } = image;
  const reduced = MOST / Math.max(width, height);
  if (reduced < 1) {
    return await resize(image, {
      width: Math.max(1, Math.round(width * reduced)),
      height: Math.max(1, Math.round(height * reduced)),
    });
  }
  const factor = Math.floor(
    Math.min(ENLARGED_TO / Math.min(width, height), reduced),
  );
  return factor > 1 ? enlarged(image, factor) : image;
}

function enlarged({ width, height, data }: Image, factor: number): Image {
  const [w, h] = [width * factor, height * factor];
  const out = new Uint8Array(w * h * 3); // [h, w, 3]
  for (let i = 0; i < w * h; i++) {
    const row = Math.floor(i / w / factor);
    const from = 3 * (row * width + Math.floor(i % w / factor));
    out.set(data.subarray(from, from + 3), 3 * i);
  }
  return { width: w, height: h, data: out };
}
