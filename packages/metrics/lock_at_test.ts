import { blankImage, type Image } from "@edit-transfer/image";
import { lock, lockAt } from "@edit-transfer/metrics";
import assert from "node:assert/strict";

const query = blankImage(16, 12, [90, 120, 40]);
/** The query with a white square at its middle. */
const output: Image = { ...query, data: Uint8Array.from(query.data) };
for (let y = 4; y < 8; y++) output.data.fill(255, 48 * y + 18, 48 * y + 30);
const place = { left: 0, top: 0, width: 16, height: 12 };

Deno.test("lockAt() of the same size is lock()", () => {
  const locked = lock(output, query);
  assert.deepEqual(lockAt(output, query, { locked, place }), locked.image);
});

Deno.test("lockAt() keeps the query's own pixels at another size", () => {
  const locked = lock(output, query);
  for (const [width, height] of [[64, 48], [8, 6], [33, 7]] as const) {
    const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => i);
    const large = { width, height, data };
    const other = blankImage(width, height, [255, 0, 255]);
    const image = lockAt(other, large, { locked, place });
    const changed = (x: number, y: number) => {
      const at = 3 * (y * width + x);
      return `${image.data.subarray(at, at + 3)}` !==
        `${large.data.subarray(at, at + 3)}`;
    };
    assert.ok(changed(width >> 1, height >> 1));
    for (let x = 0; x < width; x++) assert.ok(!changed(x, 0), `${width} ${x}`);
  }
});

Deno.test("lockAt() shows a part of what was compared", () => {
  const locked = lock(output, query);
  const middle = { left: 6, top: 4, width: 4, height: 4 };
  const small = blankImage(4, 4, [1, 2, 3]);
  const white = blankImage(4, 4);
  assert.deepEqual(lockAt(white, small, { locked, place: middle }), white);
  assert.throws(() => lockAt(white, query, { locked, place }), RangeError);
});
