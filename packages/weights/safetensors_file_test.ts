import { readGolden } from "@edit-transfer/testing";
import { openSafetensors, requireTensor, widen } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { open, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { fileOf } from "./_test_file.ts";
import { testFolder } from "@edit-transfer/testing";

const DTYPES = fileURLToPath(
  new URL("../../fixtures/goldens/weights/dtypes.safetensors", import.meta.url),
);
const X = { x: { dtype: "U8", shape: [4], data_offsets: [0, 4] } };

Deno.test("openSafetensors() reads what the upstream writer wrote", async () => {
  await using file = await openSafetensors(DTYPES);
  const { arrays, shapes, metadata } = readGolden("weights/dtypes");

  assert.deepEqual(file.metadata, metadata);
  assert.deepEqual([...file.names()].sort(), Object.keys(shapes).sort());
  for (const name of ["f32", "f16", "bf16", "scalar", "empty"]) {
    const { dtype, shape, sizeBytes } = file.info(name);
    const bytes = await file.read(name);
    assert.deepEqual(shape, shapes[name]);
    assert.equal(bytes.length, sizeBytes);
    assert.deepEqual(widen(bytes, dtype), arrays[name]);
  }
  assert.deepEqual(
    [...new BigInt64Array((await file.read("i64")).buffer)],
    [-1n, 0n, 2147483647n],
  );
});

Deno.test("openSafetensors() reads several tensors at once", async () => {
  await using file = await openSafetensors(DTYPES);
  const names = [...file.names()];
  const one = await Array.fromAsync(names, (name) => file.read(name));
  const all = await Promise.all(names.map((name) => file.read(name)));
  assert.deepEqual(all, one);
});

Deno.test("openSafetensors() notices a file that shrinks under it", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.safetensors");
  await writeFile(path, fileOf(X, 4));
  await using file = await openSafetensors(path);
  const size = fileOf(X, 4).length;
  const handle = await open(path, "r+");
  await handle.truncate(size - 1);
  await handle.close();

  await assert.rejects(file.read("x"), {
    name: "FormatError",
    message: `Cannot read tensor "x" of "${path}" as it takes 4 bytes from ` +
      `byte ${size - 4}: the file has shrunk to ${size - 1}`,
  });
});

Deno.test("openSafetensors() refuses every shorter file", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.safetensors");
  const whole = fileOf(X, 4);
  for (let length = 0; length < whole.length; length += 3) {
    await writeFile(path, whole.subarray(0, length));
    await assert.rejects(openSafetensors(path), { name: "FormatError", path });
  }
});

Deno.test("openSafetensors() says why a path cannot be opened", async () => {
  await using folder = await testFolder();
  const path = folder.at("absent.safetensors");
  await assert.rejects(openSafetensors(path), {
    name: "WeightError",
    message: `Weights not found: "${path}"`,
  });
  await assert.rejects(openSafetensors(folder.at(".")), {
    name: "WeightError",
  });
});

Deno.test("reading from a closed file is an error", async () => {
  const file = await openSafetensors(DTYPES);
  const early = file.read("f32");
  await file.close();
  await file.close();
  assert.equal((await early).length, 12);
  await assert.rejects(file.read("f32"), {
    message:
      `Cannot read tensor "f32" as "${DTYPES}" must be open: it was closed`,
  });
});

Deno.test("a missing tensor is named with the nearest one", async () => {
  await using file = await openSafetensors(DTYPES);
  assert.throws(() => file.info("f33"), /nearest is "f32"/);
  await assert.rejects(file.read("f33"), /nearest is "f32"/);
  assert.throws(() => requireTensor(file, "f33", [3]), /nearest is "f32"/);
});
