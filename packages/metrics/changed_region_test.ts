import { changedRegion } from "@edit-transfer/metrics";
import assert from "node:assert/strict";

const black = { width: 7, height: 6, data: new Uint8Array(7 * 6 * 3) };
const dot = (value: number) => {
  const data = new Uint8Array(7 * 6 * 3);
  data[3 * (3 * 7 + 3) + 1] = value; // green of row 3, column 3
  return { ...black, data };
};

Deno.test("changedRegion() is empty up to the threshold", () => {
  assert.ok(changedRegion(black, dot(24)).every((inside) => inside === 0));
});

Deno.test("changedRegion() grows a pixel to a square, cut at the border", () => {
  const region = changedRegion(black, dot(25));
  const rows = Array.from(
    { length: 6 },
    (_, y) => region.subarray(y * 7, (y + 1) * 7).join(""),
  );
  assert.deepEqual(rows, [
    "0000000",
    "0111110",
    "0111110",
    "0111110",
    "0111110",
    "0111110",
  ]);
});

Deno.test("changedRegion() grows by as much as it is told", () => {
  const region = changedRegion(black, dot(25), { grow: 0 });
  assert.equal(region.reduce((sum, inside) => sum + inside, 0), 1);
});
