import { blankImage, type Image } from "@edit-transfer/image";
import { lock } from "@edit-transfer/metrics";
import assert from "node:assert/strict";

const query = blankImage(24, 16, [100, 120, 140]);

/** The query with a square of another colour, and a cast over all. */
function output(colour: readonly number[], cast = 0): Image {
  const data = query.data.map((level) => level + cast);
  for (let y = 4; y < 12; y++) {
    for (let x = 4; x < 12; x++) data.set(colour, 3 * (24 * y + x));
  }
  return { ...query, data };
}

Deno.test("lock() gives back what is unchanged exactly, and leaves what is changed", () => {
  const made = output([200, 40, 140], 5);
  const { image, mask } = lock(made, query);
  assert.equal(mask.length, 24 * 16);
  for (let i = 0; i < mask.length; i++) {
    const [x, y] = [i % 24, Math.floor(i / 24)];
    const pixel = [...image.data.subarray(3 * i, 3 * i + 3)];
    if (x >= 4 && x < 12 && y >= 4 && y < 12) {
      assert.deepEqual(pixel, [200, 40, 140]);
    } else if (x < 2 || x > 13 || y < 2 || y > 13) {
      assert.deepEqual(pixel, [100, 120, 140]);
    }
  }
});

Deno.test("lock() of a query is the query, and of another picture that picture", () => {
  assert.deepEqual(lock(query, query).image, query);
  const other = blankImage(24, 16, [0, 255, 0]);
  assert.deepEqual(lock(other, query).image, other);
});

Deno.test("lock() does not take for a change what the autoencoder does", () => {
  const seen = blankImage(24, 16, [160, 180, 200]); // it is brighter by 60
  assert.deepEqual(lock(seen, query, { seen }).image, query);
  assert.notDeepEqual(lock(seen, query).image, query);
});

Deno.test("lock() asks latents, too, with smooth borders between them", () => {
  const other = blankImage(24, 16, [0, 255, 0]);
  const at = new Float32Array(2 * 2 * 3); // [2, 2, 3]
  const latents = (...values: number[]) => {
    const moved = at.slice();
    moved.set(values);
    moved.set(values, 6);
    return { query: at, output: moved, shape: [2, 2, 3] as const };
  };
  assert.deepEqual(
    lock(other, query, { latents: latents() }).image,
    query,
  );
  const { image, mask } = lock(other, query, {
    latents: latents(1, 0, 0, 1, 0, 0),
  });
  const row = [...mask.subarray(24 * 8, 24 * 9)];
  assert.deepEqual(row.slice(0, 7), Array(7).fill(1));
  assert.deepEqual(row.slice(10), Array(14).fill(0));
  assert.ok(row.every((m, x) => x === 0 || m <= row[x - 1]!));
  assert.deepEqual([...image.data.subarray(0, 3)], [0, 255, 0]);
  assert.deepEqual([...image.data.subarray(-3)], [100, 120, 140]);
});

Deno.test("lock() refuses another size", () => {
  assert.throws(() => lock(query, blankImage(16, 24)), {
    name: "RangeError",
    message:
      "Cannot lock an output as pictures must have one size: got 24×16 and 16×24",
  });
  assert.throws(
    () => lock(query, query, { seen: blankImage(2, 2) }),
    RangeError,
  );
});
