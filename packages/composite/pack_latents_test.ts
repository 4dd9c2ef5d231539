import { readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { packLatents, unpackLatents } from "./pack_latents.ts";

const { arrays } = readGolden("composite/quad");
const QUAD = [5, 8, 12] as const;

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
