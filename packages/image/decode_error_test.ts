import assert from "node:assert/strict";
import { decodeError } from "./decode_error.ts";

const CASES: Readonly<Record<string, string>> = {
  "Input buffer contains unsupported image format":
    "it must be an image: its format is none of PNG, JPEG, WebP, TIFF, AVIF, GIF and SVG",
  "Input buffer has corrupt header: pngload_buffer: \x1b[2J\u202ebad\nmore":
    "it must be a whole, sound image: pngload_buffer: ?[2J?bad",
  "Input buffer has corrupt header: \n":
    "it must be a whole, sound image: its header is damaged",
  "tiff2vips: ZSTD compression support is not configured":
    "it is of a kind that is not read: tiff2vips: ZSTD compression support is " +
    "not configured; convert it to PNG of 8 bits in sRGB, as with " +
    "`magick 'INPUT[0]' -colorspace sRGB -depth 8 OUTPUT.png`",
};

for (const [message, found] of Object.entries(CASES)) {
  Deno.test(`decodeError() words ${JSON.stringify(message)}`, () => {
    const error = decodeError("a", new Error(message));
    assert.equal(error.message, `Cannot decode "a" as ${found}`);
    assert.equal(error.path, "a");
  });
}
