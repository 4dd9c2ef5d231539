import {
  blankImage,
  crop,
  type Rgb,
  scaleNearest,
  tile,
  tileGrid,
} from "@edit-transfer/image";
import assert from "node:assert/strict";
import { pattern } from "./_test_files.ts";

const flat = (value: number) => blankImage(2, 2, [value, value, value] as Rgb);

Deno.test("tileGrid() puts panels in reading order", () => {
  const grid = tileGrid([flat(1), flat(2), flat(3), flat(4)]);
  const corner = (left: number, top: number) =>
    crop(grid, { left, top, width: 2, height: 2 });

  assert.deepEqual(corner(0, 0), flat(1));
  assert.deepEqual(corner(2, 0), flat(2));
  assert.deepEqual(corner(0, 2), flat(3));
  assert.deepEqual(corner(2, 2), flat(4));
});

Deno.test("tile() fills gaps and missing places with the background", () => {
  const sheet = tile([flat(1), flat(2), flat(3)], {
    columns: 2,
    gap: 1,
    background: [9, 9, 9],
  });
  assert.deepEqual([sheet.width, sheet.height], [5, 5]);
  assert.deepEqual([...sheet.data.slice(6, 9)], [9, 9, 9]);
  assert.deepEqual([...sheet.data.slice(-3)], [9, 9, 9]);
});

Deno.test("tile() refuses pictures of two sizes, and none", () => {
  assert.throws(() => tile([flat(1), blankImage(3, 2)], { columns: 2 }), {
    message: "Cannot tile images as sizes must be equal: got 2 x 2 and 3 x 2",
  });
  assert.throws(() => tile([], { columns: 2 }), /at least 1 image/);
});

Deno.test("scaleNearest() repeats each pixel", () => {
  const image = pattern(3, 2);
  const scaled = scaleNearest(image, 4);
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 12; x++) {
      const from = ((y >> 2) * 3 + (x >> 2)) * 3;
      assert.equal(scaled.data[(y * 12 + x) * 3], image.data[from]);
    }
  }
  assert.throws(() => scaleNearest(image, 0.5), /integer >= 1: got 0.5/);
});

Deno.test("pictures whose data does not fit are refused", () => {
  const image = { width: 2, height: 2, data: new Uint8Array(11) };
  assert.throws(() => scaleNearest(image, 2), {
    message: "Cannot scale image as 2 x 2 RGB takes 12 bytes: got 11",
  });
});
