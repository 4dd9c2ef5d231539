import { decodeImage } from "@edit-transfer/image";
import assert from "node:assert/strict";

/** First bytes of files, and what they are called. */
const STARTS: readonly (readonly [start: string, name: string])[] = [
  ["BM\x46\0\0\0\0\0\0\0", "BMP"],
  ["\xff\x0a\xfa\x7f\x01", "JPEG XL"],
  ["\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"],
  ["\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"],
  ["\xff\x4f\xff\x51\0\x29", "JPEG 2000"],
  ["8BPS\0\x01", "Photoshop"],
  ["%PDF-1.7\n", "PDF"],
  ["%!PS-Adobe-3.0", "PostScript"],
  ["\0\0\x01\0\x01\0", "ICO"],
  ["v/1\x01\x02\0\0\0", "OpenEXR"],
  ["#?RADIANCE\n", "Radiance HDR"],
  ["P6\n8 8 255\n", "PNM"],
  ["qoif\0\0\0\x08", "QOI"],
  ["DDS \x7c\0\0\0", "DDS"],
  ["II*\0\x10\0\0\0CR\x02\0", "raw data of a camera"],
  ["FUJIFILMCCD-RAW 0201", "raw data of a camera"],
  ["\0\0\0\x18ftypcrx \0\0\0\x01crx isom", "raw data of a camera"],
  ["\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"],
  ["\0\0\0\x1cftypmif1\0\0\0\0mif1heixmiaf", "HEIC"],
  ["\0\0\0\x18ftyphevc\0\0\0\0msf1hevc", "HEIC"],
  ["\0\0\0\x18ftypavis\0\0\0\0avifmsf1", "an AVIF sequence"],
  ["\0\0\0\x18ftypisom\0\0\0\x01isommp41", "a film"],
  ["\x1aE\xdf\xa3\x01\0", "a film"],
];

for (const [start, name] of STARTS) {
  Deno.test(`decodeImage() says how to convert ${name}: ${JSON.stringify(start)}`, async () => {
    const bytes = Uint8Array.from(
      start + "\0".repeat(50),
      (c) => c.charCodeAt(0),
    );
    await assert.rejects(decodeImage(bytes, { path: "a" }), {
      name: "ImageError",
      message: `Cannot decode "a" as ${name} is not read; ` +
        (name === "HEIC"
          ? "convert it to JPEG, as with `heif-convert INPUT OUTPUT.jpg`, or have the phone save JPEG"
          : "convert it to PNG of 8 bits in sRGB, as with " +
            "`magick 'INPUT[0]' -colorspace sRGB -depth 8 OUTPUT.png`"),
    });
  });
}
