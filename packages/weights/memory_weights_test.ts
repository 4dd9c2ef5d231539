import { memoryWeights } from "@edit-transfer/weights";
import assert from "node:assert/strict";

Deno.test("memoryWeights() gives copies away", async () => {
  const data = Float32Array.of(1, 2);
  const source = memoryWeights({ x: { dtype: "F32", shape: [2], data } });
  (await source.read("x")).fill(0);
  assert.deepEqual(
    [...new Float32Array((await source.read("x")).buffer)],
    [1, 2],
  );
});

Deno.test("memoryWeights() refuses data of another size or type", () => {
  const x = (dtype: "F32" | "I32", length: number) => () =>
    memoryWeights({ x: { dtype, shape: [2], data: new Float32Array(length) } });
  assert.throws(x("F32", 3), {
    message: 'Cannot store tensor "x" as F32 [2] takes 2 elements: got 3',
  });
  assert.throws(x("I32", 2), {
    message: 'Cannot store tensor "x" as float32 values need F32, F16 or ' +
      "BF16: got I32",
  });
});

Deno.test("memoryWeights() names the nearest name of a missing tensor", async () => {
  const source = memoryWeights({
    "a.b": { dtype: "U8", shape: [], data: Uint8Array.of(1) },
  });
  assert.throws(() => source.info("a.c"), /nearest is "a.b"/);
  await assert.rejects(source.read("a.c"), /nearest is "a.b"/);
});
