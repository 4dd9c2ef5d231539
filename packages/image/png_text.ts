import { Buffer } from "node:buffer";
import { inflateSync } from "node:zlib";
import { ImageError } from "./image_error.ts";
import {
  PNG_SIGNATURE,
  type PngChunk,
  pngChunk,
  pngChunks,
} from "./png_chunks.ts";

/** Characters that tEXt may hold: printable Latin-1 and line feeds. */
const LATIN1 = /^[\n\x20-\x7e\xa0-\xff]*$/;
const KEYWORD = /^(?! )[\x20-\x7e\xa1-\xff]{1,79}(?<! )$/;
const MAX_INFLATED = 16 << 20;

/**
 * Puts texts into a PNG file, before its pixels: tEXt for Latin-1, iTXt in
 * UTF-8 for everything else.
 *
 * Source: https://www.w3.org/TR/png-3/#11textinfo
 *
 * @param png Bytes of the file.
 * @param text Texts by keyword of 1 to 79 Latin-1 characters.
 * @returns Bytes of a file with the same pixels and these texts.
 *
 * @throws {TypeError} If a keyword or a text cannot be stored.
 * @throws {ImageError} If the bytes are not a sound PNG file.
 *
 * @example Usage
 * ```ts
 * import { addPngText, blankImage, encodePng, readPngText } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const png = addPngText(await encodePng(blankImage(1, 1)), { Comment: "σ" });
 *
 * assert.deepEqual(readPngText(png), { Comment: "σ" });
 * ```
 */
export function addPngText(
  png: Uint8Array,
  text: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [PNG_SIGNATURE];
  for (const chunk of pngChunks(png, { path: "image" })) {
    parts.push(pngChunk(chunk));
    if (chunk.type !== "IHDR") continue;
    for (const [keyword, value] of Object.entries(text)) {
      parts.push(pngChunk(textChunk(keyword, value)));
    }
  }
  return Uint8Array.from(Buffer.concat(parts));
}

/**
 * Refuses texts that a PNG file cannot hold as they are.
 *
 * @param text Texts by keyword.
 *
 * @throws {TypeError} If one cannot be stored.
 *
 * @example Usage
 * ```ts
 * import { checkPngText } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * checkPngText({ prompt: "a person" });
 * assert.throws(() => checkPngText({ prompt: "a\0b" }), /U\+0000: got one at 1/);
 * ```
 */
export function checkPngText(text: Readonly<Record<string, string>>): void {
  for (const [keyword, value] of Object.entries(text)) {
    textChunk(keyword, value);
  }
}

function textChunk(keyword: string, text: string): PngChunk {
  if (!KEYWORD.test(keyword) || keyword.includes("  ")) {
    throw new TypeError(
      "Cannot store PNG text as a keyword must be 1 to 79 Latin-1 characters without " +
        `spaces around or doubled: got ${JSON.stringify(keyword)}`,
    );
  }
  if (text.includes("\0")) {
    throw new TypeError(
      `Cannot store PNG text "${keyword}" as it must not hold U+0000: got one at ${
        text.indexOf("\0")
      }`,
    );
  }
  const broken = /\p{Surrogate}/u.exec(text);
  if (broken !== null) {
    throw new TypeError(
      `Cannot store PNG text "${keyword}" as it must be Unicode: got half a character at ${broken.index}`,
    );
  }
  const head = Buffer.from(`${keyword}\0`, "latin1");
  if (LATIN1.test(text)) {
    return {
      type: "tEXt",
      data: Buffer.concat([head, Buffer.from(text, "latin1")]),
    };
  }
  const plain = Buffer.from([0, 0, 0, 0]); // not compressed, no language
  return {
    type: "iTXt",
    data: Buffer.concat([head, plain, Buffer.from(text, "utf8")]),
  };
}

/**
 * Texts of a PNG file: tEXt, zTXt and iTXt chunks.
 *
 * @param png Bytes of the file.
 * @param options `path` stands for the file in messages.
 * @returns Texts by keyword; the first where a keyword is repeated.
 *
 * @throws {ImageError} If the bytes are not a sound PNG file.
 *
 * @example Usage
 * ```ts
 * import { blankImage, encodePng, readPngText } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const png = await encodePng(blankImage(1, 1), { text: { Title: "one pixel" } });
 *
 * assert.deepEqual(readPngText(png), { Title: "one pixel" });
 * ```
 */
export function readPngText(
  png: Uint8Array,
  options: {
    /** Stands for the file in messages. */
    readonly path?: string | undefined;
  } = {},
): Record<string, string> {
  const { path = "image" } = options;
  const texts = new Map<string, string>();
  for (const { type, data } of pngChunks(png, { path })) {
    if (type !== "tEXt" && type !== "zTXt" && type !== "iTXt") continue;
    try {
      const [keyword, text] = parseText(type, Buffer.from(data));
      if (!texts.has(keyword)) texts.set(keyword, text);
    } catch (cause) {
      throw new ImageError(
        `Cannot read PNG "${path}" as chunk ${type} must hold a text: ${
          (cause as Error).message
        }`,
        { path, cause },
      );
    }
  }
  return Object.fromEntries(texts);
}

function parseText(type: string, data: Buffer): [string, string] {
  const [keyword, rest] = cutAtNul(data);
  const key = keyword.toString("latin1");
  if (type === "tEXt") return [key, rest.toString("latin1")];
  const compressed = type === "zTXt" || rest[0] === 1;
  const method = rest[type === "zTXt" ? 0 : 1];
  if (compressed && method !== 0) {
    throw new RangeError(`Compression method must be 0: got ${method}`);
  }
  let body = rest.subarray(1);
  if (type === "iTXt") {
    const [_language, tail] = cutAtNul(rest.subarray(2));
    [, body] = cutAtNul(tail); // behind the translated keyword
  }
  if (compressed) body = inflateSync(body, { maxOutputLength: MAX_INFLATED });
  return [key, body.toString(type === "zTXt" ? "latin1" : "utf8")];
}

function cutAtNul(data: Buffer): [Buffer, Buffer] {
  const at = data.indexOf(0);
  if (at < 0) {
    throw new RangeError("A field must end with a zero byte: got none");
  }
  return [data.subarray(0, at), data.subarray(at + 1)];
}
