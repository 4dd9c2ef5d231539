import { decodeImage, encodePng, ImageError } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { encoder, hollowPng, pattern } from "./_test_files.ts";
import type { Image } from "./image.ts";

const SOURCE = pattern(24, 16);

const FORMATS: Record<string, () => Promise<Uint8Array>> = {
  png: () => encodePng(SOURCE),
  "interlaced png": () => encoder(SOURCE).png({ progressive: true }).toBuffer(),
  jpeg: () => encoder(SOURCE).jpeg().toBuffer(),
  "progressive jpeg": () =>
    encoder(SOURCE).jpeg({ progressive: true }).toBuffer(),
  webp: () => encoder(SOURCE).webp().toBuffer(),
  tiff: () => encoder(SOURCE).tiff().toBuffer(),
  gif: () => encoder(SOURCE).gif().toBuffer(),
  avif: () => encoder(SOURCE).avif({ effort: 0 }).toBuffer(),
};

for (const [format, encode] of Object.entries(FORMATS)) {
  Deno.test(`decodeImage() reads ${format}, and refuses it cut short`, async () => {
    const bytes = await encode();
    const { width, height, data } = await decodeImage(bytes);
    assert.deepEqual([width, height, data.length], [24, 16, 24 * 16 * 3]);

    for (const part of [0.01, 0.1, 0.5, 0.9, 0.99]) {
      const cut = bytes.slice(0, Math.ceil(bytes.length * part) - 1);
      await assert.rejects(
        decodeImage(cut, { path: "cut" }),
        (error) =>
          error instanceof ImageError &&
          /^Cannot (?:decode|read PNG) "cut" as [^\n]+[^.\n]$/.test(
            error.message,
          ),
        `${part} of ${format}`,
      );
    }
  });
}

Deno.test("decodeImage() refuses a PNG that lacks its last byte", async () => {
  const png = await encodePng(SOURCE);
  await assert.rejects(decodeImage(png.slice(0, -1), { path: "a.png" }), {
    name: "ImageError",
    message:
      `Cannot read PNG "a.png" as it must end with IEND: it stops at byte ${
        png.length - 1
      }`,
  });
});

Deno.test("decodeImage() keeps the pixels of a PNG", async () => {
  assert.deepEqual(await decodeImage(await encodePng(SOURCE)), SOURCE);
});

/** How a picture looks that is stored with an EXIF orientation. */
const SEEN: Record<number, (x: number, y: number) => [number, number]> = {
  1: (x, y) => [x, y],
  2: (x, y) => [1 - x, y],
  3: (x, y) => [1 - x, 2 - y],
  4: (x, y) => [x, 2 - y],
  5: (x, y) => [y, x],
  6: (x, y) => [2 - y, x],
  7: (x, y) => [2 - y, 1 - x],
  8: (x, y) => [y, 1 - x],
};

for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
  Deno.test(`decodeImage() turns a picture with EXIF orientation ${orientation}`, async () => {
    const stored = pattern(2, 3);
    const png = await encoder(stored).withMetadata({ orientation }).png()
      .toBuffer();
    const seen = await decodeImage(png);

    assert.equal((await sharp(png).metadata()).orientation, orientation);
    assert.deepEqual(
      [seen.width, seen.height],
      orientation < 5 ? [2, 3] : [3, 2],
    );
    for (let y = 0; y < 3; y++) {
      for (let x = 0; x < 2; x++) {
        assert.deepEqual(
          pixel(seen, ...SEEN[orientation]!(x, y)),
          pixel(stored, x, y),
        );
      }
    }
  });
}

function pixel(image: Image, x: number, y: number): number[] {
  const at = (y * image.width + x) * 3;
  return [...image.data.slice(at, at + 3)];
}

Deno.test("decodeImage() lays alpha on white", async () => {
  const rgba = Uint8Array.of(255, 0, 0, 0, 0, 0, 0, 51, 9, 8, 7, 255);
  const png = await sharp(rgba, { raw: { width: 3, height: 1, channels: 4 } })
    .png().toBuffer();
  assert.deepEqual([...(await decodeImage(png)).data], [
    ...[255, 255, 255],
    ...[204, 204, 204],
    ...[9, 8, 7],
  ]);
});

Deno.test("decodeImage() makes RGB of grey, with and without alpha", async () => {
  const grey = await sharp(Uint8Array.of(10, 200), {
    raw: { width: 2, height: 1, channels: 1 },
  }).toColourspace("b-w").png().toBuffer();
  const greyAlpha = await sharp(Uint8Array.of(10, 0, 0, 51), {
    raw: { width: 2, height: 1, channels: 2 },
  }).toColourspace("b-w").png().toBuffer();

  assert.deepEqual([...(await decodeImage(grey)).data], [
    ...[10, 10, 10],
    ...[200, 200, 200],
  ]);
  assert.deepEqual([...(await decodeImage(greyAlpha)).data], [
    ...[255, 255, 255],
    ...[204, 204, 204],
  ]);
});

Deno.test("decodeImage() keeps the upper byte of 16 bits", async () => {
  const png = await sharp(Uint16Array.of(0, 0x8080, 0xffff), {
    raw: { width: 1, height: 1, channels: 3 },
  }).toColourspace("rgb16").png().toBuffer();

  assert.equal((await sharp(png).metadata()).depth, "ushort");
  assert.deepEqual([...(await decodeImage(png)).data], [0, 0x80, 0xff]);
});

Deno.test("decodeImage() converts CMYK and other profiles to sRGB", async () => {
  const orange = {
    create: { width: 8, height: 8, channels: 3, background: "#ff8000" },
  } as const;
  const cmyk = await sharp(orange).toColourspace("cmyk")
    .jpeg({ quality: 100 }).toBuffer();
  const p3 = await sharp(orange).withIccProfile("p3").png().toBuffer();

  assert.equal((await sharp(cmyk).metadata()).space, "cmyk");
  for (const bytes of [cmyk, p3]) {
    const [red, green, blue] = (await decodeImage(bytes)).data;
    // a round trip through the inks: the hue stays, the bytes need not
    assert.ok(red! > 235 && Math.abs(green! - 128) < 10 && blue! < 20);
  }
});

Deno.test("decodeImage() refuses too many pixels by the header alone", async () => {
  const bytes = hollowPng(60_000, 60_000);
  await assert.rejects(decodeImage(bytes, { path: "bomb.png" }), {
    name: "ImageError",
    message: 'Cannot decode "bomb.png" as it must have at most 268402689 ' +
      "pixels: got 60000 x 60000 = 3600000000",
  });
  await assert.rejects(
    decodeImage(await encodePng(SOURCE), { maxPixels: 383 }),
    /at most 383 pixels: got 24 x 16 = 384/,
  );
  assert.ok(await decodeImage(await encodePng(SOURCE), { maxPixels: 384 }));
});

Deno.test("decodeImage() refuses pixels that are not all there", async () => {
  await assert.rejects(
    decodeImage(hollowPng(50, 50), { path: "hollow.png" }),
    /^ImageError: Cannot decode "hollow.png" as it must be a whole, sound image/,
  );
});

Deno.test("decodeImage() says in one sentence what a file is not", async () => {
  const folder = await mkdtemp(join(tmpdir(), "image-"));
  const path = (name: string) => join(folder, name);
  await writeFile(path("empty.png"), "");
  await writeFile(path("notes.png"), "these are words, not pixels");
  const cases: Record<string, string> = {
    [path("absent.png")]: `Picture not found: "${path("absent.png")}"`,
    [folder]: `Cannot open image "${folder}": it is a folder`,
    [path("empty.png")]: `Cannot decode "${
      path("empty.png")
    }" as it must be an image: it is empty (0 bytes)`,
    [path("notes.png")]: `Cannot decode "${
      path("notes.png")
    }" as it must be an image: its format is none of PNG, JPEG, WebP, TIFF, AVIF, GIF and SVG`,
  };
  for (const [file, message] of Object.entries(cases)) {
    await assert.rejects(decodeImage(file), { message, path: file });
  }
  await rm(folder, { recursive: true });
});
