import {
  type DType,
  dtypeBytes,
  DTYPES,
  openSafetensors,
  type TensorData,
  writeSafetensors,
} from "@edit-transfer/weights";
import fc from "fast-check";
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import safetensors from "safetensors";
import { fileURLToPath } from "node:url";
import { testFolder } from "@edit-transfer/testing";

const tensorData: fc.Arbitrary<TensorData> = fc.record({
  dtype: fc.constantFrom<DType>(...DTYPES),
  shape: fc.array(fc.nat(4), { maxLength: 3 }),
}).chain(({ dtype, shape }) => {
  const length = shape.reduce((n, extent) => n * extent, dtypeBytes(dtype));
  return fc.uint8Array({ minLength: length, maxLength: length })
    .map((data) => ({ dtype, shape, data: Uint8Array.from(data) }));
});
const name = fc.string({ unit: "binary" })
  .filter((s) => s !== "__metadata__" && s !== "__proto__" && s.isWellFormed());
const tensors = fc.dictionary(name, tensorData, {
  maxKeys: 6,
  noNullPrototype: true,
});
const metadata = fc.dictionary(name, fc.string(), {
  maxKeys: 3,
  noNullPrototype: true,
});

Deno.test("writeSafetensors() loses nothing", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.safetensors");
  await fc.assert(
    fc.asyncProperty(tensors, metadata, async (written, texts) => {
      await writeSafetensors(path, written, { metadata: texts });
      await using file = await openSafetensors(path);
      assert.deepEqual(file.metadata, texts);
      assert.deepEqual(
        new Set(file.names()),
        new Set(Object.keys(written)),
      );
      for (const [name, { dtype, shape, data }] of Object.entries(written)) {
        assert.equal(file.info(name).dtype, dtype);
        assert.deepEqual(file.info(name).shape, shape);
        assert.deepEqual(await file.read(name), data);
      }
    }),
    { seed: 11, numRuns: 100 },
  );
});

Deno.test("writeSafetensors() is read alike by another reader", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.safetensors");
  await fc.assert(
    fc.asyncProperty(tensors, async (written) => {
      await writeSafetensors(path, written);
      const other = new safetensors.SafeTensor(
        Uint8Array.from(await readFile(path)),
      );
      assert.equal(other.metadata.size, Object.keys(written).length);
      for (const [name, { dtype, shape, data }] of Object.entries(written)) {
        assert.equal(other.metadata.get(name).dtype, dtype);
        assert.deepEqual(other.metadata.get(name).shape, shape);
        assert.deepEqual(Uint8Array.from(other.getTensor(name)), data);
      }
    }),
    { seed: 12, numRuns: 50 },
  );
});

Deno.test("writeSafetensors() writes the bytes that the upstream writer wrote", async () => {
  await using folder = await testFolder();
  for (const shard of ["00001", "00002"]) {
    const golden = fileURLToPath(
      new URL(
        `../../fixtures/goldens/weights/sharded/model-${shard}-of-00002.safetensors`,
        import.meta.url,
      ),
    );
    await using file = await openSafetensors(golden);
    const copy: Record<string, TensorData> = {};
    for (const name of file.names()) {
      copy[name] = { ...file.info(name), data: await file.read(name) };
    }
    const path = folder.at("copy.safetensors");
    await writeSafetensors(path, copy, { metadata: file.metadata });
    assert.deepEqual(await readFile(path), await readFile(golden));
  }
});

Deno.test("writeSafetensors() orders by type and name, and aligns the data", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.safetensors");
  await writeSafetensors(path, {
    b: { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 3) },
    z: { dtype: "F16", shape: [1], data: Float32Array.of(1) },
    y: { dtype: "F32", shape: [1], data: Float32Array.of(1) },
    2: { dtype: "F32", shape: [1], data: Float32Array.of(1) },
    a: { dtype: "U8", shape: [1], data: Uint8Array.of(1) },
  });
  const bytes = await readFile(path);
  const header = bytes.readBigUInt64LE(0);
  assert.equal(header % 8n, 0n);
  await using file = await openSafetensors(path);
  assert.deepEqual(new Set(file.names()), new Set(["2", "y", "z", "a", "b"]));
  const text = bytes.subarray(8, 8 + Number(header)).toString();
  assert.deepEqual(
    [...text.matchAll(/"(\w)":\{/g)].map(([, name]) => name),
    ["2", "y", "z", "a", "b"],
  );
});

Deno.test("writeSafetensors() refuses before it touches the disk", async () => {
  await using folder = await testFolder();
  const x = { dtype: "F32" as const, shape: [2], data: new Float32Array(3) };
  await assert.rejects(writeSafetensors(folder.at("a"), { x }), {
    message: 'Cannot store tensor "x" as F32 [2] takes 2 elements: got 3',
  });
  await assert.rejects(
    writeSafetensors(folder.at("a"), { __metadata__: { ...x, shape: [3] } }),
    /its name must be free: got "__metadata__"/,
  );
  assert.deepEqual(await readdir(folder.at(".")), []);
});

Deno.test("writeSafetensors() takes arrays that are made while it writes", async () => {
  await using folder = await testFolder();
  const tensor = { dtype: "F16", shape: [2] } as const;
  const data = Uint8Array.of(1, 2, 3, 4);
  const a = folder.at("a.safetensors");
  const b = folder.at("b.safetensors");
  await writeSafetensors(a, { x: { ...tensor, data }, y: { ...tensor, data } });
  await writeSafetensors(b, {
    y: { ...tensor, data: () => Promise.resolve(data) },
    x: { ...tensor, data },
  });
  assert.deepEqual(await readFile(b), await readFile(a));

  const short = () => Promise.resolve(data.slice(1));
  await assert.rejects(
    writeSafetensors(b, { x: { ...tensor, data: short } }),
    /^TypeError: Cannot store tensor "x" as F16 \[2\] takes 2 elements: got 1.5$/,
  );
  assert.deepEqual(await readFile(b), await readFile(a));
});
