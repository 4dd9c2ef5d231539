import {
  addPngText,
  blankImage,
  decodeImage,
  encodePng,
  ImageError,
  readPngText,
} from "@edit-transfer/image";
import fc from "fast-check";
import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { concat, pattern } from "./_test_files.ts";
import { pngChunk, pngChunks } from "./png_chunks.ts";

const PNG = await encodePng(blankImage(2, 2));

function types(png: Uint8Array): string[] {
  return [...pngChunks(png, { path: "test" })].map(({ type }) => type);
}

function withChunk(type: string, data: Uint8Array): Uint8Array {
  const behindHeader = 8 + 25;
  return concat(
    PNG.subarray(0, behindHeader),
    pngChunk({ type, data }),
    PNG.subarray(behindHeader),
  );
}

Deno.test("encodePng() gives equal bytes for equal pictures and texts", async () => {
  const encode = () => encodePng(pattern(9, 7), { text: { a: "b", c: "σ" } });
  assert.deepEqual(await encode(), await encode());
});

Deno.test("encodePng() writes tEXt for Latin-1 and iTXt for the rest", async () => {
  const text = { parameters: "steps: 35\nÄ", edit_transfer: '{"σ":1}' };
  const png = await encodePng(pattern(9, 7), { text });

  assert.deepEqual(types(png).slice(0, 3), ["IHDR", "tEXt", "iTXt"]);
  assert.deepEqual(readPngText(png), text);
  assert.deepEqual(await decodeImage(png), pattern(9, 7));
});

Deno.test("readPngText() returns any text that addPngText() stores", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }).filter((s) =>
        s.isWellFormed() && !s.includes("\0")
      ),
      (text) => {
        const back = readPngText(addPngText(PNG, { key: text }));
        assert.deepEqual(back, { key: text });
      },
    ),
    { seed: 1, numRuns: 200 },
  );
});

Deno.test("readPngText() reads compressed chunks", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const packed = deflateSync(bytes("packed"));

  assert.deepEqual(
    readPngText(withChunk("zTXt", concat(bytes("k\0\0"), packed))),
    { k: "packed" },
  );
  assert.deepEqual(
    readPngText(withChunk("iTXt", concat(bytes("k\0\x01\0en\0K\0"), packed))),
    { k: "packed" },
  );
});

Deno.test("readPngText() stops a text that unpacks without end", () => {
  const packed = deflateSync(new Uint8Array(17 << 20));
  const data = concat(new TextEncoder().encode("k\0\0"), packed);
  assert.throws(() => readPngText(withChunk("zTXt", data)), ImageError);
});

Deno.test("readPngText() keeps names of object internals as plain keys", () => {
  const text = readPngText(addPngText(PNG, { constructor: "x" }));
  assert.equal(text.constructor, "x");
  const polluted = withChunk("tEXt", new TextEncoder().encode("__proto__\0x"));
  assert.deepEqual(Object.keys(readPngText(polluted)), ["__proto__"]);
});

Deno.test("readPngText() names a wrong checksum", () => {
  const png = addPngText(PNG, { key: "value" });
  png[8 + 25 + 8]! ^= 1;
  assert.throws(() => readPngText(png, { path: "a.png" }), {
    name: "ImageError",
    message:
      /^Cannot read PNG "a.png" as the checksum of chunk tEXt at byte 33 must be [0-9a-f]{8}: got [0-9a-f]{8}$/,
  });
});

Deno.test("readPngText() refuses what is no PNG, is cut, or lies on lengths", () => {
  assert.throws(() => readPngText(Uint8Array.of(1, 2, 3)), {
    message:
      'Cannot read PNG "image" as it must start with the PNG signature: it is another format',
  });
  for (let length = 0; length < PNG.length; length++) {
    assert.throws(() => readPngText(PNG.subarray(0, length)), ImageError);
  }
  const long = Uint8Array.from(PNG);
  long[33] = 0xff; // length of the chunk behind IHDR
  assert.throws(() => readPngText(long), /must end by \d+: it says \d+/);
});

Deno.test("readPngText() refuses a text chunk without its fields", () => {
  const bare = withChunk("tEXt", new TextEncoder().encode("key"));
  assert.throws(() => readPngText(bare), {
    message:
      'Cannot read PNG "image" as chunk tEXt must hold a text: A field must end with a zero byte: got none',
  });
});

Deno.test("addPngText() refuses keywords and texts that PNG cannot hold", () => {
  for (const keyword of ["", " a", "a ", "a  b", "é\n", "σ", "x".repeat(80)]) {
    assert.throws(() => addPngText(PNG, { [keyword]: "" }), TypeError);
  }
  assert.throws(() => addPngText(PNG, { a: "x\0" }), {
    message:
      'Cannot store PNG text "a" as it must not hold U+0000: got one at 1',
  });
});
