import {
  dequantize,
  memoryWeights,
  openSafetensors,
  readRows,
  readStored,
  type TensorData,
  widen,
  widenBnb4,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const FOLDER = new URL("../../fixtures/goldens/weights/", import.meta.url);
const path = (name: string) =>
  fileURLToPath(new URL(`${name}.safetensors`, FOLDER));

Deno.test("widenBnb4() gives what bitsandbytes gives, bit for bit", async () => {
  await using source = await widenBnb4(await openSafetensors(path("bnb4")));
  await using expected = await openSafetensors(path("bnb4_expected"));
  assert.deepEqual([...source.names()].sort(), [...expected.names()].sort());
  for (const name of source.names()) {
    const { stored, ...info } = source.info(name);
    assert.deepEqual(info, expected.info(name));
    const keepsBlocks = ["nf4", "nested", "stored"];
    assert.equal(
      stored?.type === "NF4",
      keepsBlocks.includes(name.split(".")[0]!),
    );
    assert.deepEqual(await source.read(name), await expected.read(name), name);
    const [rows] = source.info(name).shape;
    for (let start = 0; start < Math.min(rows!, 6); start++) {
      for (const end of [start + 1, rows!]) {
        assert.deepEqual(
          await readRows(source, name, { start, end }),
          await readRows(expected, name, { start, end }),
          `${name} ${start} ${end}`,
        );
      }
    }
  }
  assert.ok(!source.has("nf4.weight.absmax"));
  assert.throws(() => source.info("nf4.weight.absmax"), {
    name: "WeightError",
  });
});

Deno.test("widenBnb4() gives blocks that dequantise to the same bits", async () => {
  await using source = await widenBnb4(await openSafetensors(path("bnb4")));
  for (const name of ["nf4.weight", "nested.weight", "stored.weight"]) {
    const { stored, shape: [rows, width] } = source.info(name);
    const blocks = await readStored(source, name);
    assert.equal(blocks.length, stored!.sizeBytes);
    const whole = widen(await source.read(name), "BF16");
    assert.deepEqual(dequantize(blocks, "NF4"), whole);
    const into = new Uint8Array(10_000);
    for (const [start, end] of [[0, 1], [1, 3], [rows! - 1, rows!]] as const) {
      const some = await readStored(source, name, { start, end }, into);
      assert.equal(some.buffer, into.buffer);
      assert.deepEqual(
        dequantize(some, "NF4"),
        whole.slice(start * width!, end * width!),
      );
    }
  }
  await assert.rejects(readStored(source, "rows.weight"), {
    name: "WeightError",
  });
});

const STATE = "x.quant_state.bitsandbytes__nf4";
type Tensors = Record<string, TensorData>;

/** A weight of 4 × 64, with its state changed. */
async function changed(
  state: Record<string, unknown>,
  change: (tensors: Tensors) => void = () => {},
) {
  await using file = await openSafetensors(path("bnb4"));
  const tensors: Tensors = {};
  for (const name of file.names()) {
    if (!name.startsWith("stored.weight")) continue;
    const { dtype, shape } = file.info(name);
    const data = await file.read(name);
    tensors[name.replace("stored.weight", "x")] = { dtype, shape, data };
  }
  const old = JSON.parse(
    new TextDecoder().decode(tensors[STATE]!.data as Uint8Array),
  );
  const data = new TextEncoder().encode(JSON.stringify({ ...old, ...state }));
  tensors[STATE] = { dtype: "U8", shape: [data.length], data };
  change(tensors);
  return widenBnb4(memoryWeights(tensors));
}

const FAULTS: [
  string,
  Record<string, unknown>,
  ((tensors: Tensors) => void) | undefined,
  string,
][] = [
  [
    "type",
    { quant_type: "int4" },
    undefined,
    'quant_type must be nf4 or fp4: got "int4"',
  ],
  [
    "other name's type",
    { quant_type: "fp4" },
    undefined,
    'quant_type must be nf4 or fp4: got "fp4"',
  ],
  [
    "float",
    { dtype: "float8" },
    undefined,
    'dtype must be bfloat16, float16 or float32: got "float8"',
  ],
  [
    "block",
    { blocksize: 63 },
    undefined,
    "blocksize must be a power of two from 2 to 4096: got 63",
  ],
  [
    "block of none",
    { blocksize: 0 },
    undefined,
    "blocksize must be a power of two from 2 to 4096: got 0",
  ],
  [
    "shape",
    { shape: [5, 64] },
    undefined,
    "shape must be that of 256 elements: got [5,64]",
  ],
  [
    "no shape",
    { shape: null },
    undefined,
    "shape must be that of 256 elements: got null",
  ],
  [
    "inner block",
    { nested_blocksize: 1 },
    undefined,
    "nested_blocksize must be a power of two from 2 to 4096: got 1",
  ],
  [
    "offset",
    { nested_offset: "1" },
    undefined,
    'nested_offset must be a number, of float32: got "1 of float32"',
  ],
  ["weight", {}, (t) => delete t.x, "weight must be there: got nothing"],
  [
    "absmax",
    {},
    (t) => delete t["x.absmax"],
    '"absmax" must be there: got nothing',
  ],
  ["absmax of another size", {}, (t) => {
    t["x.absmax"] = { dtype: "U8", shape: [3], data: new Uint8Array(3) };
  }, '"absmax" must be 4 of U8: got "U8 [3]"'],
  ["map of another type", {}, (t) => {
    t["x.quant_map"] = {
      dtype: "F32",
      shape: [16],
      data: new Float32Array(16),
    };
  }, "quant_map must be that of nf4: got [0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"],
];

for (const [fault, state, change, message] of FAULTS) {
  Deno.test(`widenBnb4() refuses another ${fault}`, async () => {
    await assert.rejects(changed(state, change), {
      name: "FormatError",
      message: `Cannot read tensor "x" of "memory" as bitsandbytes' ${message}`,
    });
  });
}
