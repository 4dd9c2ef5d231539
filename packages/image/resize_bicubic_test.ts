import { resizeBicubic } from "@edit-transfer/image";
import { readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";

Deno.test("resizeBicubic() gives the bytes of Pillow", () => {
  const { integers, shapes } = readGolden("clip/resize");
  for (let i = 0; `${i}.from` in shapes; i++) {
    const [h, w] = shapes[`${i}.from`]!;
    const [height, width] = shapes[`${i}.to`]!;
    const image = {
      width: w!,
      height: h!,
      data: Uint8Array.from(integers[`${i}.from`]!),
    };
    const { data } = resizeBicubic(image, { width: width!, height: height! });
    assert.deepEqual(
      data,
      Uint8Array.from(integers[`${i}.to`]!),
      `${w} x ${h} to ${width} x ${height}`,
    );
  }
});

Deno.test("resizeBicubic() keeps a picture that has the size", () => {
  const image = { width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  assert.equal(resizeBicubic(image, { width: 2, height: 1 }), image);
});

Deno.test("resizeBicubic() refuses extents and data that are none", () => {
  const image = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
  assert.throws(() => resizeBicubic(image, { width: 0, height: 1 }), {
    name: "RangeError",
    message: "Cannot resize image as extents must be integers >= 1: got 0 x 1",
  });
  assert.throws(
    () => resizeBicubic({ ...image, width: 2 }, { width: 1, height: 1 }),
    { message: "Cannot resize image as 2 x 1 RGB takes 6 bytes: got 3" },
  );
});
