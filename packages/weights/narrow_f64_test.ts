import { memoryWeights, narrowF64, readRows } from "@edit-transfer/weights";
import assert from "node:assert/strict";

const VALUES = [0.1, -1 / 3, 1e39, 2 ** -150, 2 ** -149, 16777217];

Deno.test("narrowF64() rounds to the nearest float32, whole or some rows", async () => {
  const data = new Uint8Array(Float64Array.from(VALUES).buffer);
  const y = { dtype: "U8", shape: [2], data: Uint8Array.of(1, 2) } as const;
  const source = narrowF64(memoryWeights({
    x: { dtype: "F64", shape: [3, 2], data },
    y,
  }));
  assert.deepEqual(source.info("x"), {
    name: "x",
    dtype: "F32",
    shape: [3, 2],
    sizeBytes: 24,
  });
  const expected = new Uint8Array(Float32Array.from(VALUES).buffer);
  assert.deepEqual(await source.read("x"), expected);
  const rows = { start: 1, end: 3 };
  assert.deepEqual(await readRows(source, "x", rows), expected.slice(8));
  assert.deepEqual(await source.read("y"), y.data);
  assert.deepEqual(
    await readRows(source, "y", { start: 1, end: 2 }),
    y.data.slice(1),
  );
});

Deno.test("narrowF64() is the source itself where nothing is in float64", () => {
  const source = memoryWeights({});
  assert.equal(narrowF64(source), source);
});
