import { blankImage, crop, cropSquare, padSquare } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { pattern } from "./_test_files.ts";

Deno.test("cropSquare() keeps the middle", () => {
  const wide = cropSquare(pattern(5, 2));
  const tall = cropSquare(pattern(2, 5));

  assert.deepEqual(
    wide,
    crop(pattern(5, 2), { left: 1, top: 0, width: 2, height: 2 }),
  );
  assert.deepEqual(
    tall,
    crop(pattern(2, 5), { left: 0, top: 1, width: 2, height: 2 }),
  );
});

Deno.test("padSquare() is undone by a crop", () => {
  const image = pattern(5, 2);
  const padded = padSquare(image, [1, 2, 3]);

  assert.deepEqual(
    crop(padded, { left: 0, top: 1, width: 5, height: 2 }),
    image,
  );
  assert.deepEqual([...padded.data.slice(0, 3)], [1, 2, 3]);
  assert.deepEqual([...padded.data.slice(-3)], [1, 2, 3]);
});

Deno.test("cropSquare() and padSquare() give a square back as it is", () => {
  const image = pattern(3, 3);
  assert.equal(cropSquare(image), image);
  assert.equal(padSquare(image), image);
});

Deno.test("crop() refuses a rectangle outside", () => {
  const outside = { left: 3, top: 0, width: 2, height: 1 };
  assert.throws(() => crop(blankImage(4, 4), outside), {
    name: "RangeError",
    message: "Cannot crop image as the rectangle must lie within 4 x 4: " +
      "got 2 x 1 at (3, 0)",
  });
});
