import {
  bottomRight,
  gridIds,
  packLatents,
  panelMask,
  splitQuad,
  tileQuad,
  unpackLatents,
} from "@edit-transfer/composite";
import { readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";

const { arrays } = readGolden("composite/quad");
const PANEL = [5, 4, 6] as const;
const QUAD = [5, 8, 12] as const;
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

Deno.test("bottomRight() cuts the fourth panel", () => {
  assert.deepEqual(bottomRight(arrays.quad!, PANEL), panel(3));
  assert.throws(() => bottomRight([1], PANEL), RangeError);
});

Deno.test("splitQuad() cuts all four", () => {
  assert.deepEqual(splitQuad(arrays.quad!, PANEL), [0, 1, 2, 3].map(panel));
  assert.throws(() => splitQuad([1], PANEL), RangeError);
});

Deno.test("packLatents() orders tokens as diffusers does", () => {
  assert.deepEqual(packLatents(arrays.quad!, QUAD), arrays.packed);
});

Deno.test("unpackLatents() is its inverse", () => {
  assert.deepEqual(unpackLatents(arrays.packed!, QUAD), arrays.quad);
});

Deno.test("packLatents() refuses odd extents", () => {
  assert.throws(
    () => packLatents(new Float32Array(6), [1, 2, 3]),
    /^RangeError: Cannot pack latents as \[c, h, w\] must fit the values, with h and w even: got \[1, 2, 3\] and 6 values$/,
  );
});

Deno.test("panelMask() covers the tokens of the fourth panel", () => {
  assert.deepEqual(panelMask(4, 6), arrays.mask);
  assert.throws(() => panelMask(3, 6), RangeError);
});

Deno.test("gridIds() counts rows and columns of the whole grid", () => {
  assert.deepEqual(gridIds(4, 6).flat(), [...arrays.ids!]);
});
