import { resize } from "@edit-transfer/image";
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
