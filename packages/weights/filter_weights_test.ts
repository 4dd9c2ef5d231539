import {
  filterWeights,
  memoryWeights,
  openGguf,
  readRows,
  readStored,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const TYPES = fileURLToPath(
  new URL("../../fixtures/goldens/gguf_files/types.gguf", import.meta.url),
);

Deno.test("filterWeights() reads what stays, and misses the rest", async () => {
  await using file = await openGguf(TYPES);
  const source = filterWeights(file, (name) => name !== "F32");
  assert.ok(source.has("Q8_0"));
  assert.ok(!source.has("F32"));
  assert.ok(![...source.names()].includes("F32"));
  const rows = { start: 1, end: 3 };
  for (
    const read of [
      (from: typeof file) => from.read("Q8_0"),
      (from: typeof file) => readRows(from, "Q8_0", rows),
      (from: typeof file) => readStored(from, "Q8_0", rows),
    ]
  ) assert.deepEqual(await read(source), await read(file));
  assert.throws(() => source.info("F32"), { name: "WeightError" });
  await assert.rejects(source.read("F32"), {
    message: `Cannot find weight "F32" in "${TYPES}": nearest is "F16"`,
  });
});

Deno.test("filterWeights() is the source itself where all stays", () => {
  const source = memoryWeights({
    x: { dtype: "U8", shape: [1], data: Uint8Array.of(1) },
  });
  assert.equal(filterWeights(source, () => true), source);
});
