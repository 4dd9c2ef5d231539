import { readGolden } from "@edit-transfer/testing";
import {
  dequantize,
  memoryWeights,
  openSafetensors,
  readRows,
  readStored,
  type TensorData,
  widen,
  widenFp8,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const FOLDER = new URL("../../fixtures/goldens/weights/", import.meta.url);
const open = (name: string) =>
  openSafetensors(fileURLToPath(new URL(`${name}.safetensors`, FOLDER)));

Deno.test("widenFp8() multiplies by the scale as torch does, to the bit", async () => {
  await using source = widenFp8(await open("fp8_scaled"));
  const { arrays, shapes } = readGolden("weights/fp8_scaled_expected");

  assert.deepEqual([...source.names()].sort(), Object.keys(arrays).sort());
  for (const name of source.names()) {
    const { dtype, shape, sizeBytes } = source.info(name);
    const bytes = await source.read(name);
    assert.deepEqual(shape, shapes[name]);
    assert.equal(bytes.length, sizeBytes);
    assert.deepEqual(widen(bytes, dtype), arrays[name]);
  }
  const each = await source.read("each.weight");
  const rows = await readRows(source, "each.weight", { start: 1, end: 3 });
  assert.deepEqual(rows, each.slice(24, 72));
});

/** A matrix of every float of 8 bits but NaN, with one scale or one a row. */
function scaledSource(
  scales: Float32Array<ArrayBuffer>,
  dtype: "F8_E4M3" | "F8_E5M2",
) {
  const bits = Uint8Array.from(
    { length: 4 * 128 },
    (_, i) => i % 256 - ((i & 0x7f) === 0x7f ? 8 : 0),
  );
  return widenFp8(memoryWeights({
    "q.weight": { dtype, shape: [4, 128], data: bits },
    "q.scale_weight": {
      dtype: "F32",
      shape: scales.length === 1 ? [] : [4, 1],
      data: scales,
    },
    "bias": { dtype, shape: [2], data: Uint8Array.of(1, 2) },
  }));
}

for (
  const scales of [
    Float32Array.of(1 / 3),
    Float32Array.of(0.7, -1e-3, 1e-20, 300),
  ]
) {
  Deno.test(`widenFp8() gives blocks with ${scales.length} scales that dequantise to the same bits`, async () => {
    await using source = scaledSource(scales, "F8_E4M3");
    const { stored, sizeBytes } = source.info("q.weight");
    assert.deepEqual(stored, { type: "F8_E4M3_SCALED", sizeBytes: 8 * 68 });
    assert.equal(sizeBytes, 4 * 4 * 128);
    assert.equal(source.info("bias").stored, undefined);
    const expected = widen(await source.read("q.weight"), "F32");
    const blocks = await readStored(source, "q.weight");
    assert.deepEqual(dequantize(blocks, "F8_E4M3_SCALED"), expected);
    const into = new Uint8Array(1000);
    const rows = { start: 1, end: 3 };
    const some = await readStored(source, "q.weight", rows, into);
    assert.equal(some.buffer, into.buffer);
    assert.deepEqual(some, blocks.slice(2 * 68, 6 * 68));
  });
}

Deno.test("widenFp8() gives no blocks of e5m2, or of rows that they do not fill", async () => {
  await using wide = scaledSource(Float32Array.of(2), "F8_E5M2");
  assert.equal(wide.info("q.weight").stored, undefined);
  await using short = widenFp8(await open("fp8_scaled"));
  assert.equal(short.info("each.weight").stored, undefined);
  await assert.rejects(readStored(short, "each.weight"), {
    name: "WeightError",
    message: /must be quantised: got F32$/,
  });
});

for (const name of ["f8_e4m3", "f8_e5m2"]) {
  Deno.test(`widenFp8() gives ${name} without a scale as BF16, exactly`, async () => {
    await using source = widenFp8(await open(name));
    const values = widen(await source.read("f8"), source.info("f8").dtype);
    assert.equal(source.info("f8").dtype, "BF16");
    const expected = widen(await source.read("f32"), "F32");
    assert.deepEqual([...values], [...expected]); // NaN as NaN
    assert.deepEqual(
      await readRows(source, "f8", { start: 3, end: 5 }),
      (await source.read("f8")).slice(6, 10),
    );
  });
}

Deno.test("widenFp8() leaves a source without 8-bit floats as it is", () => {
  const source = memoryWeights({});
  assert.equal(widenFp8(source), source);
});

const WEIGHT: TensorData = {
  dtype: "F8_E4M3",
  shape: [2, 1],
  data: Uint8Array.of(1, 2),
};
const MARK: TensorData = { ...WEIGHT, shape: [2] };

Deno.test("widenFp8() refuses a scaled file in which a scale is missing", () => {
  const source = memoryWeights({ "q.weight": WEIGHT, "m.scaled_fp8": MARK });
  assert.throws(() => widenFp8(source), {
    name: "FormatError",
    message: 'Cannot read tensor "q.weight" of "memory" as the file says ' +
      '"m.scaled_fp8", so that it must have a scale: got none',
  });
});

Deno.test("widenFp8() refuses a scale of another shape", () => {
  const scale: TensorData = {
    dtype: "F32",
    shape: [3],
    data: Float32Array.of(1, 2, 3),
  };
  const source = memoryWeights({ "q.weight": WEIGHT, "q.weight_scale": scale });
  assert.throws(() => widenFp8(source), {
    name: "FormatError",
    message:
      'Cannot read tensor "q.weight_scale" of "memory" as it must be one ' +
      "float or one for each of 2 rows: got F32 [3]",
  });
});

Deno.test("widenFp8() hides scales, and names what is near a missing array", async () => {
  await using source = widenFp8(await open("fp8_scaled"));
  assert.ok(!source.has("one.scale_weight"));
  await assert.rejects(source.read("one.scale_weight"), {
    name: "WeightError",
  });
  assert.throws(() => source.info("on.weight"), /nearest is "one\.weight"/);
});
