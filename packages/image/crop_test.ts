import { blankImage, crop } from "@edit-transfer/image";
import assert from "node:assert/strict";

Deno.test("crop() refuses a rectangle outside", () => {
  const outside = { left: 3, top: 0, width: 2, height: 1 };
  assert.throws(() => crop(blankImage(4, 4), outside), {
    name: "RangeError",
    message: "Cannot crop image as the rectangle must lie within 4 x 4: " +
      "got 2 x 1 at (3, 0)",
  });
});
