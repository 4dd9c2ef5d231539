import { type KeyMap, mapKeys, memoryWeights } from "@edit-transfer/weights";
import assert from "node:assert/strict";

/** An array of bytes 0, 1, 2, … */
const bytes = (...shape: number[]) => ({
  dtype: "U8" as const,
  shape,
  data: Uint8Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    (_, i) => i,
  ),
});

const MAP: KeyMap = [
  { from: "b.{i}.qkv", to: ["q.{i}", "k.{i}", "v.{i}"] },
  { from: "b.{i}.norm.scale", to: "norm.{i}.weight" },
  { from: "up.{i}.c.{j}", to: "down.{-i}.c.{j}" },
  { from: "final", to: "out", halvesSwapped: true },
  { from: "conv", to: "linear", pointwise: true },
];

Deno.test("mapKeys() splits a fused layer, its last part having the rest", async () => {
  const source = mapKeys(
    memoryWeights({ "b.7.qkv.weight": bytes(7, 2), "b.7.qkv.bias": bytes(7) }),
    MAP,
  );
  const of = async (name: string) => [
    source.info(name).shape,
    [...await source.read(name)],
  ];
  assert.deepEqual(await of("q.7.weight"), [[2, 2], [0, 1, 2, 3]]);
  assert.deepEqual(await of("k.7.weight"), [[2, 2], [4, 5, 6, 7]]);
  assert.deepEqual(await of("v.7.weight"), [[3, 2], [8, 9, 10, 11, 12, 13]]);
  assert.deepEqual(await of("k.7.bias"), [[2], [2, 3]]);
  assert.deepEqual(await of("v.7.bias"), [[3], [4, 5, 6]]);
  assert.equal(source.info("v.7.weight").sizeBytes, 6);
});

Deno.test("mapKeys() renames, counts from the end, swaps halves and flattens", async () => {
  const source = mapKeys(
    memoryWeights({
      "m.b.0.norm.scale": bytes(2),
      "m.up.0.c.1.weight": bytes(1),
      "m.up.2.c.0.bias": bytes(1),
      "m.final.bias": bytes(4),
      "m.conv.weight": bytes(2, 3, 1, 1),
      "m.conv.bias": bytes(2),
      "m.else": bytes(1),
      "conv.weight": bytes(1),
    }),
    MAP,
    { prefix: "m." },
  );
  assert.deepEqual([...source.names()], [
    "norm.0.weight",
    "down.2.c.1.weight",
    "down.0.c.0.bias",
    "out.bias",
    "linear.weight",
    "linear.bias",
    "else",
  ]);
  assert.deepEqual(source.info("else").name, "else");
  assert.deepEqual([...await source.read("else")], [0]);
  assert.deepEqual([...await source.read("out.bias")], [2, 3, 0, 1]);
  assert.deepEqual(source.info("linear.weight").shape, [2, 3]);
  assert.throws(() => source.info("linear.weigh"), {
    name: "WeightError",
    message: /nearest is "linear\.weight"$/,
  });
});

Deno.test("mapKeys() refuses a fused layer with too few rows", () => {
  const source = memoryWeights({ "b.0.qkv.weight": bytes(4, 2) });
  assert.throws(() => mapKeys(source, MAP), {
    name: "FormatError",
    message:
      'Cannot read tensor "b.0.qkv.weight" of "memory" as it must hold ' +
      "q.0.weight, k.0.weight, v.0.weight, all but the last of 2 rows: got [4, 2]",
  });
});

Deno.test("mapKeys() refuses halves that are not", () => {
  const source = memoryWeights({ "final.bias": bytes(3) });
  assert.throws(() => mapKeys(source, MAP), {
    message:
      'Cannot read tensor "final.bias" of "memory" as its rows must be two halves: got [3]',
  });
});

Deno.test("mapKeys() refuses two arrays for one name", () => {
  const source = memoryWeights({ "conv.bias": bytes(1), conv_bias: bytes(1) });
  const map: KeyMap = [...MAP, { from: "conv_bias", to: "linear.bias" }];
  assert.throws(() => mapKeys(source, map), {
    message:
      'Cannot read "memory" as "linear.bias" must be one array: got "conv.bias" and "conv_bias"',
  });
});
