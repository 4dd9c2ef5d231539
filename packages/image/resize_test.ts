import { fitSquare, resize } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { pattern } from "./_test_files.ts";

Deno.test("resize() keeps the mean when shrinking", async () => {
  const image = pattern(64, 48);
  const small = await resize(image, { width: 8, height: 6 });
  const mean = (data: Uint8Array) =>
    data.reduce((sum, v) => sum + v, 0) / data.length;

  assert.deepEqual([small.width, small.height, small.data.length], [8, 6, 144]);
  // rounding to 8 bits in two passes moves each value by at most 1
  assert.ok(Math.abs(mean(small.data) - mean(image.data)) < 2);
});

Deno.test("fitSquare() leaves a square of that size untouched", async () => {
  const image = pattern(16, 16);
  assert.equal(await fitSquare(image, 16), image);
  assert.equal(await fitSquare(image, 16, { fit: "pad" }), image);
});

Deno.test("fitSquare() crops or pads to the square", async () => {
  const image = {
    width: 4,
    height: 2,
    data: Uint8Array.from({ length: 24 }, () => 0),
  };
  const cropped = await fitSquare(image, 8);
  const padded = await fitSquare(image, 4, {
    fit: "pad",
    background: [255, 0, 0],
  });

  assert.ok(cropped.data.every((value) => value === 0));
  assert.deepEqual([...padded.data.slice(0, 3)], [255, 0, 0]);
});

Deno.test("fitSquare() pads what it has shrunk, however long it is", async () => {
  const line = { width: 100_000, height: 2, data: new Uint8Array(600_000) };
  const { width, height, data } = await fitSquare(line, 16, { fit: "pad" });
  assert.deepEqual([width, height], [16, 16]);
  // one row of the line, white above and below, nothing in between
  const rows = Array.from({ length: 16 }, (_, y) => data[y * 48]);
  assert.deepEqual(rows, rows.map((_, y) => y === 7 ? 0 : 255));
});

Deno.test("fitSquare() refuses a side of 0", async () => {
  await assert.rejects(
    () => fitSquare(pattern(4, 4), 0, { fit: "pad" }),
    /RangeError: Cannot resize image as extents must be integers >= 1: got 0 x 0/,
  );
  await assert.rejects(
    async () => await fitSquare(pattern(4, 4), 0),
    /RangeError: Cannot resize image as extents must be integers >= 1: got 0 x 0/,
  );
});
