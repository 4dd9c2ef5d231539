import { crop, decodeImage, type Image, resize } from "@edit-transfer/image";
import { measureShift } from "@edit-transfer/metrics";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const picture = await decodeImage(fileURLToPath(
  new URL("../../fixtures/demo/0000/query.png", import.meta.url),
));

/** Its middle, moved by parts of a pixel. */
async function moved(
  x: number,
  y: number,
  { width = 48, height = 48 } = {},
): Promise<Image> {
  const large = await resize(picture, {
    width: 8 * (width + 16),
    height: 8 * (height + 16),
  });
  const part = crop(large, {
    left: 64 - Math.round(8 * x),
    top: 64 - Math.round(8 * y),
    width: 8 * width,
    height: 8 * height,
  });
  return await resize(part, { width, height });
}

for (
  const [x, y, width, height] of [
    [0, 0, 48, 48],
    [0.5, -0.25, 48, 48],
    [1.5, 1, 48, 48],
    [-6, 4, 64, 48],
    [2.5, -1.25, 37, 61],
    [7.75, -7.5, 200, 130],
  ] as const
) {
  Deno.test(`measureShift() finds (${x}, ${y}) in ${width}×${height}`, async () => {
    const size = { width, height };
    const found = measureShift(
      await moved(x, y, size),
      await moved(0, 0, size),
    );
    assert.ok(Math.abs(found.x - x) < 0.1, `x ${found.x}`);
    assert.ok(Math.abs(found.y - y) < 0.1, `y ${found.y}`);
  });
}

Deno.test("measureShift() is not drawn away by a change of a part", async () => {
  const changed = await moved(1.5, -1);
  for (let y = 20; y < 30; y++) {
    changed.data.fill(250, 3 * (48 * y + 12), 3 * (48 * y + 24));
  }
  const { x, y } = measureShift(changed, await moved(0, 0));
  assert.ok(Math.abs(x - 1.5) < 0.2 && Math.abs(y + 1) < 0.2, `${x} ${y}`);
});

Deno.test("measureShift() of one colour is none, and other sizes are refused", () => {
  const flat = (width: number) => ({
    width,
    height: 5,
    data: new Uint8Array(width * 15).fill(9),
  });
  assert.deepEqual(measureShift(flat(8), flat(8)), { x: 0, y: 0 });
  assert.deepEqual(measureShift(flat(1), flat(1)), { x: 0, y: 0 });
  assert.throws(() => measureShift(flat(8), flat(9)), {
    message:
      "Cannot measure a shift as pictures must have one size: got 8×5 and 9×5",
  });
});
