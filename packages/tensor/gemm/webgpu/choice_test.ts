import assert from "node:assert/strict";
import type { GemmShape } from "../../webgpu/tuned_shape.ts";
import { chooseVariant, gemmBucket, namedVariant } from "./choice.ts";
import { gemmShape } from "./gemm.ts";

const UNITS = [{ type: "f16", M: 16, N: 16, K: 16 }] as const;
const CARD = {
  software: false,
  subgroupSize: 32,
  matrixUnits: UNITS,
  matrixLanes: 32,
  workgroupBytes: 49_152,
  precision: "f16",
  tuned: undefined,
} as const;
const SOFTWARE = {
  ...CARD,
  software: true,
  subgroupSize: 8,
  matrixUnits: [],
  matrixLanes: 0,
} as const;
const LAYER: GemmShape = {
  batch: 1,
  M: 4608,
  N: 12_288,
  K: 3072,
  bType: "bf16",
};

/** Name of the choice, with its slices. */
function chosen(
  device: Parameters<typeof chooseVariant>[0],
  shape: GemmShape,
): string {
  const { variant, slices } = chooseVariant(device, shape);
  return slices === 1 ? variant.name : `${variant.name}/k${slices}`;
}

Deno.test("matrix units take weights of 16 bits, unless f32 is asked for", () => {
  assert.equal(chosen(CARD, LAYER), "matrix:f16:128x128x32:2x2");
  assert.equal(chosen(CARD, { ...LAYER, bType: "f32" }), "tile:128x128");
  assert.equal(chosen({ ...CARD, precision: "f32" }, LAYER), "tile:128x128");
  assert.equal(chosen({ ...CARD, matrixUnits: [] }, LAYER), "tile:128x128");
});

Deno.test("blocks run on what suits weights of 16 bits", () => {
  const shape = gemmShape({
    ...LAYER,
    b: { dtype: "q8_0" },
    transposeB: true,
  });
  assert.equal(chosen(CARD, shape), "matrix:f16:128x128x32:2x2");
  assert.equal(chosen({ ...CARD, precision: "f32" }, shape), "tile:128x128");
  assert.equal(gemmBucket(shape), gemmBucket(LAYER));
});

Deno.test("few rows or columns get a thin tile, long sums are cut", () => {
  const f32 = { ...LAYER, bType: "f32" } as const;
  assert.equal(chosen(CARD, { ...f32, N: 16 }), "tile:64x16/k4");
  assert.equal(chosen(CARD, { ...f32, M: 1, N: 64 }), "tile:16x64/k12");
  assert.equal(chosen(CARD, { ...f32, K: 16 }), "tile:128x128");
});

Deno.test("a software adapter gets rows that divide what there is", () => {
  assert.equal(chosen(SOFTWARE, LAYER), "shuffle:32");
  assert.equal(chosen(SOFTWARE, { ...LAYER, M: 48 }), "shuffle:24");
  assert.equal(chosen(SOFTWARE, { ...LAYER, M: 16 }), "shuffle:16");
  assert.equal(chosen(SOFTWARE, { ...LAYER, M: 1 }), "shuffle:1");
});

Deno.test("a forced variant goes before a tuned one, where it can run", () => {
  const asked: string[] = [];
  const tuned = (bucket: string) => {
    asked.push(bucket);
    return "tile:64x64";
  };
  const device = { ...CARD, tuned };
  assert.equal(chosen(device, LAYER), "tile:64x64");
  assert.deepEqual(asked, ["gemm 8192x16384x4096 bf16"]);
  assert.equal(gemmBucket(LAYER), asked[0]);
  const forced = { ...device, forcedGemm: "matrix:f16:64x64x32:2x2" };
  assert.equal(chosen(forced, LAYER), "matrix:f16:64x64x32:2x2");
  assert.equal(chosen(forced, { ...LAYER, bType: "f32" }), "tile:64x64");
});

Deno.test("an unknown name is refused with those that there are", () => {
  assert.throws(() => namedVariant(SOFTWARE, "tile:8"), {
    name: "DeviceError",
    message:
      'Cannot run matrix products on "tile:8" as the device has tile:64x64, tile:64x16, ' +
      "tile:16x64, tile:128x64, tile:128x128, shuffle:1, shuffle:4, shuffle:8, shuffle:16, shuffle:24, " +
      "shuffle:32",
  });
});
