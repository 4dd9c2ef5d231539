import { blankImage, decodeImage, ImageError } from "@edit-transfer/image";
import { readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import sharp from "sharp";
import { encoder } from "./_test_files.ts";

const { integers } = readGolden("pictures/colours");

/** Pictures that are sound and not read, and what the refusal must say. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  "animated.avif": /an AVIF sequence is not read/,
  "cmyk8-inkset.tif": /inks must be CMYK/,
  "grey-f16.tif": /fractions of 16 bits/,
  "grey-f32.tif": /fractions of 32 bits/,
  "grey-f32-255.tif": /fractions of 32 bits/,
  "grey-f64.tif": /fractions of 64 bits/,
  "grey-i16.tif": /signed of 16 bits/,
  "grey-i32.tif": /signed of 32 bits/,
  "grey-i8.tif": /signed of 8 bits/,
  "grey-u32.tif": /integers of 32 bits/,
  "icclab8.tif": /they are ICC Lab/,
  "lab16.tif": /they are CIE Lab/,
  "lab8.tif": /they are CIE Lab/,
  "raw-sensor.tif": /they are raw data of a sensor/,
  "rgb-f16.tif": /fractions of 16 bits/,
  "rgb-f32.tif": /fractions of 32 bits/,
  "rgb-i16.tif": /signed of 16 bits/,
  "rgb-i8.tif": /signed of 8 bits/,
  "rgb-u32.tif": /integers of 32 bits/,
  "rgb10.tif": /integers of 10 bits/,
  "rgb16-cicp-pq.png": /it is HDR/,
  "rgb16-planar-tiled-big-adobe.tif": /tiles must hold all channels/,
  "rgb8-cicp-pq.png": /it is HDR/,
  "rgb8-planar-tiled-big.tif": /tiles must hold all channels/,
  "thumbnail.tif": /it is a thumbnail/,
  "ycbcr.tif": /they are YCbCr outside of JPEG/,
  "ycbcr-deflate.tif": /they are YCbCr outside of JPEG/,
  "ycbcr16.tif": /they are YCbCr outside of JPEG/,
};

for (const [name, numbers] of Object.entries(integers)) {
  if (name.endsWith(" right")) continue;
  const bytes = Uint8Array.from(numbers);
  const rule = REFUSED[name];
  if (rule === undefined) {
    Deno.test(`decodeImage() shows the colours of ${name}`, async () => {
      const tolerance = name.endsWith(".avif") ? 2 : 1;
      await assertColours(bytes, integers[`${name} right`]!, tolerance);
    });
  } else {
    Deno.test(`decodeImage() says how to convert ${name}`, () =>
      assertRefused(bytes, rule));
  }
}

async function assertColours(
  bytes: Uint8Array,
  right: Int32Array,
  tolerance: number,
): Promise<void> {
  const { width, height, data } = await decodeImage(bytes);
  assert.equal(width, 2 * height);
  const side = width / 4;
  for (let i = 0; i < right.length; i++) {
    const patch = Math.floor(i / 3);
    const x = (patch % 4) * side + (side >> 1);
    const y = (patch >> 2) * side + (side >> 1);
    const seen = data[(y * width + x) * 3 + i % 3]!;
    assert.ok(
      Math.abs(seen - right[i]!) <= tolerance,
      `channel ${i % 3} of colour ${patch}: got ${seen}, right ${right[i]}`,
    );
  }
}

async function assertRefused(bytes: Uint8Array, rule: RegExp): Promise<void> {
  await assert.rejects(decodeImage(bytes), (error) => {
    assert.ok(error instanceof ImageError);
    assert.match(error.message, rule);
    assert.match(error.message, /^[^\n]*; convert it to PNG [^\n]*`$/);
    return true;
  });
}

Deno.test("decodeImage() knows the coded colours of AVIF", async () => {
  const bytes = Uint8Array.from(integers["rgb.avif"]!);
  const at = indexOf(bytes, "nclx") + 4; // primaries and transfer, 2 bytes each
  assert.deepEqual([...bytes.slice(at, at + 4)], [0, 1, 0, 13]);
  bytes[at + 1] = 12;
  await assertColours(bytes, integers["rgb8-cicp-p3.png right"]!, 3);
  bytes[at + 3] = 16;
  await assertRefused(bytes, /it is HDR/);
});

for (const bitdepth of [10, 12] as const) {
  Deno.test(`decodeImage() reads AVIF of ${bitdepth} bits`, async () => {
    const avif = await encoder(blankImage(64, 64, [200, 40, 30]))
      .avif({ bitdepth, quality: 100, effort: 0 }).toBuffer();
    assert.equal((await sharp(avif).metadata()).bitsPerSample, bitdepth);
    const { data } = await decodeImage(avif);
    [200, 40, 30].forEach((v, c) => assert.ok(Math.abs(data[c]! - v) <= 2));
  });
}

const NOTICES: Readonly<Record<string, string | undefined>> = {
  "animated.gif": '"animated.gif" holds 2 pictures: the first is read',
  "animated.png": '"animated.png" holds 2 pictures: the first is read',
  "animated.webp": '"animated.webp" holds 2 pictures: the first is read',
  "pages.tif": '"pages.tif" holds 2 pictures: the first is read',
  "clear.gif": undefined,
  "rgb16-adobe.png": undefined,
};

for (const [name, notice] of Object.entries(NOTICES)) {
  Deno.test(`decodeImage() tells what ${name} holds`, async () => {
    const notices: string[] = [];
    await decodeImage(Uint8Array.from(integers[name]!), {
      path: name,
      onNotice: (text) => notices.push(text),
    });
    assert.deepEqual(notices, notice === undefined ? [] : [notice]);
  });
}

Deno.test("decodeImage() tells of a damaged profile", async () => {
  const bytes = Uint8Array.from(integers["rgb8-adobe.tif"]!);
  const at = indexOf(bytes, "acsp");
  bytes[at] = 0;
  const notices: string[] = [];
  const { data } = await decodeImage(bytes, {
    path: "a.tif",
    onNotice: (text) => notices.push(text),
  });
  assert.deepEqual([...data.slice(0, 3)], [200, 40, 30]);
  assert.deepEqual(notices, [
    '"a.tif" has a damaged colour profile: it is taken for sRGB',
  ]);
});

function indexOf(bytes: Uint8Array, text: string): number {
  return String.fromCharCode(...bytes).indexOf(text);
}
