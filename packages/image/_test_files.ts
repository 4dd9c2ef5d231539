import { deflateSync } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import type { Image } from "./image.ts";
import { PNG_SIGNATURE, pngChunk } from "./png_chunks.ts";

/** Picture in which every pixel differs from its neighbours. */
export function pattern(width: number, height: number): Image {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => (i * 7919) % 251,
  );
  return { width, height, data };
}

/** A picture as input of the encoder. */
export function encoder({ width, height, data }: Image): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A PNG file whose header promises more than its pixels hold. */
export function hollowPng(width: number, height: number): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 2], 8); // 8 bits, RGB
  return concat(
    PNG_SIGNATURE,
    pngChunk({ type: "IHDR", data: header }),
    pngChunk({ type: "IDAT", data: deflateSync(new Uint8Array(100)) }),
    pngChunk({ type: "IEND", data: new Uint8Array() }),
  );
}

/** Joins byte arrays. */
export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
