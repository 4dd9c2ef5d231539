import { splitQuad, tileQuad } from "@edit-transfer/composite";
import { readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";

const { arrays } = readGolden("composite/quad");
const PANEL = [5, 4, 6] as const;
const SIZE = 5 * 4 * 6;
const panel = (i: number) => arrays.panels!.subarray(i * SIZE, (i + 1) * SIZE);

Deno.test("tileQuad() puts the panels in reading order", () => {
  const quad = tileQuad([panel(0), panel(1), panel(2), panel(3)], PANEL);
  assert.deepEqual(quad, arrays.quad);
});

Deno.test("tileQuad() refuses a panel of another size", () => {
  assert.throws(
    () => tileQuad([panel(0), panel(1), panel(2), [1]], PANEL),
    /^RangeError: Cannot tile panels as each must be \[5, 4, 6\]: got 1 values$/,
  );
});

Deno.test("splitQuad() cuts all four", () => {
  assert.deepEqual(splitQuad(arrays.quad!, PANEL), [0, 1, 2, 3].map(panel));
  assert.throws(
    () => splitQuad([1], PANEL),
    /^RangeError: Cannot cut a panel as the composite must be \[5, 8, 12\]: got 1 values$/,
  );
});
