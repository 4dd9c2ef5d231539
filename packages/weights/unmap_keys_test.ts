import {
  mapKeys,
  memoryWeights,
  readRows,
  type TensorData,
  unmapKeys,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";

const MAP = [
  { from: "in", to: "embed" },
  {
    from: "blocks.{i}.qkv",
    to: ["layers.{i}.q", "layers.{i}.k", "layers.{i}.v"],
  },
  { from: "blocks.{i}.norm.scale", to: "layers.{i}.norm.weight" },
  { from: "out", to: "norm_out", halvesSwapped: true },
] as const;

/** An array of bytes whose rows are numbered. */
function numbered(first: number, rows: number, width = 2): TensorData {
  const data = Uint8Array.from(
    { length: rows * width },
    (_, i) => first + Math.floor(i / width),
  );
  return { dtype: "U8", shape: width === 1 ? [rows] : [rows, width], data };
}

const FILE = {
  "in.weight": numbered(1, 2),
  "blocks.0.qkv.weight": numbered(10, 9),
  "blocks.0.qkv.bias": numbered(30, 9, 1),
  "blocks.0.norm.scale": numbered(40, 2, 1),
  "blocks.10.qkv.weight": numbered(50, 9),
  "blocks.2.qkv.weight": numbered(60, 9),
  "out.weight": numbered(70, 6),
  "out.bias": numbered(80, 6, 1),
};

Deno.test("unmapKeys() turns mapKeys() back", async () => {
  const file = memoryWeights(FILE);
  const back = unmapKeys(mapKeys(file, MAP), MAP);
  assert.deepEqual([...back.names()], [
    "in.weight",
    "out.weight",
    "out.bias",
    "blocks.0.qkv.weight",
    "blocks.0.qkv.bias",
    "blocks.0.norm.scale",
    "blocks.2.qkv.weight",
    "blocks.10.qkv.weight",
  ]);
  for (const name of file.names()) {
    assert.deepEqual(back.info(name), file.info(name));
    const whole = await file.read(name);
    assert.deepEqual(await back.read(name), whole, name);
    const [rows, width = 1] = file.info(name).shape as [number, number?];
    for (let start = 0; start <= rows; start++) {
      for (let end = start; end <= rows; end++) {
        assert.deepEqual(
          await readRows(back, name, { start, end }),
          whole.slice(start * width, end * width),
          `${name} ${start} to ${end}`,
        );
      }
    }
  }
});

Deno.test("unmapKeys() refuses what the layout cannot hold", () => {
  const q = numbered(0, 3);
  const faults: [Record<string, TensorData>, RegExp][] = [
    [
      { "other.weight": q },
      /must have a name in the other layout: got "other.weight"$/,
    ],
    [
      { "layers.0.q.weight": q, "layers.0.v.weight": q },
      /"blocks.0.qkv.weight" is made of 3 arrays: got layers.0.q.weight, layers.0.v.weight$/,
    ],
    [
      {
        "layers.0.q.weight": q,
        "layers.0.k.weight": numbered(0, 3, 4),
        "layers.0.v.weight": q,
      },
      /is made of 3 arrays of one type and width: got layers/,
    ],
  ];
  for (const [arrays, message] of faults) {
    assert.throws(() => unmapKeys(memoryWeights(arrays), MAP), {
      name: "FormatError",
      message,
    });
  }
});
