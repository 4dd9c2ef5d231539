import { readGolden } from "@edit-transfer/testing";
import { f32ToF16, layOutGguf, openGguf } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { testFolder } from "@edit-transfer/testing";

Deno.test("layOutGguf() gives the bytes that GGUFWriter writes", () => {
  const { arrays: { x }, integers } = readGolden("quantize/blocks");
  const { header, tensors, sizeBytes } = layOutGguf([
    { name: "Q8_0", type: "Q8_0", shape: [3, 96] },
    { name: "Q4_0", type: "Q4_0", shape: [3, 96] },
    { name: "bias", type: "F32", shape: [5] },
    { name: "scale", type: "F16", shape: [2, 5] },
  ], {
    "general.architecture": "flux",
    "general.quantization_version": 2,
    "general.file_type": 7,
    "flux.épsilon": { f32: 1e-6 },
  });
  const halves = Float32Array.of(...x!.slice(0, 5), ...x!.slice(96, 101));
  const data: Record<string, ArrayBufferView<ArrayBuffer>> = {
    Q8_0: Uint8Array.from(integers.Q8_0!.slice(0, 3 * 102)),
    Q4_0: Uint8Array.from(integers.Q4_0!.slice(0, 3 * 54)),
    bias: x!.slice(0, 5),
    scale: f32ToF16(halves),
  };
  const bytes = new Uint8Array(sizeBytes);
  bytes.set(header);
  for (const { name, start, sizeBytes } of tensors) {
    const { buffer, byteOffset, byteLength } = data[name]!;
    assert.equal(byteLength, sizeBytes, name);
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), start);
  }
  const expected = readFileSync(
    new URL("../../fixtures/goldens/quantize/file.gguf", import.meta.url),
  );
  assert.deepEqual(bytes, new Uint8Array(expected));
});

Deno.test("layOutGguf() lays out files that openGguf() reads", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.gguf");
  const shape = [2, 256] as const;
  const types = ["F32", "BF16", "Q5_1", "Q4_K", "Q6_K"] as const;
  const { header, sizeBytes } = layOutGguf(
    types.map((type) => ({ name: type, type, shape })),
    { "general.architecture": "flux", note: "é".repeat(1000) },
  );
  const bytes = new Uint8Array(sizeBytes);
  bytes.set(header);
  await writeFile(path, bytes);
  await using file = await openGguf(path);
  assert.deepEqual([...file.names()], types);
  assert.equal(file.metadata.note!.length, 1000);
  for (const type of types) {
    const { dtype, stored } = file.info(type);
    assert.deepEqual(file.info(type).shape, shape);
    assert.equal(stored?.type ?? dtype, type);
  }
});

Deno.test("layOutGguf() refuses rows of half a block", () => {
  assert.throws(
    () => layOutGguf([{ name: "x", type: "Q8_0", shape: [2, 48] }], {}),
    {
      name: "RangeError",
      message:
        'Cannot lay out tensor "x" as rows of Q8_0 must be a multiple of 32: got [2, 48]',
    },
  );
});
