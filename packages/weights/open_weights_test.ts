import {
  openWeights,
  weightFiles,
  writeSafetensors,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { truncate, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { testFolder } from "@edit-transfer/testing";

const GOLDENS = fileURLToPath(
  new URL("../../fixtures/goldens/weights", import.meta.url),
);
const tensor = (value: number) => ({
  dtype: "F32" as const,
  shape: [1],
  data: Float32Array.of(value),
});

/** A folder of two shards and an index that may be wrong. */
async function sharded(weightMap: unknown) {
  const folder = await testFolder();
  await writeSafetensors(folder.at("a.safetensors"), { x: tensor(1) });
  await writeSafetensors(folder.at("b.safetensors"), { y: tensor(2) });
  const index = folder.at("model.safetensors.index.json");
  await writeFile(index, JSON.stringify({ weight_map: weightMap }));
  return { folder, index, path: folder.at(".") };
}

Deno.test("openWeights() reads shards as the file they were cut from", async () => {
  await using whole = await openWeights(`${GOLDENS}/unsharded.safetensors`);
  await using shards = await openWeights(`${GOLDENS}/sharded`);
  const names = [...whole.names()].sort();

  assert.deepEqual([...shards.names()].sort(), names);
  for (const name of names) {
    assert.deepEqual(shards.info(name), whole.info(name));
    assert.deepEqual(await shards.read(name), await whole.read(name));
  }
});

Deno.test("openWeights() takes the stem, else diffusers before transformers", async () => {
  await using folder = await testFolder();
  const at = (stem: string) => folder.at(`${stem}.safetensors`);
  await writeSafetensors(at("model"), { x: tensor(1) });
  await writeSafetensors(at("diffusion_pytorch_model"), { y: tensor(1) });
  const names = async (options = {}) => {
    await using weights = await openWeights(folder.at("."), options);
    return [...weights.names()];
  };
  assert.deepEqual(await names(), ["y"]);
  assert.deepEqual(await names({ stem: "model" }), ["x"]);
});

/** A folder with an array of the name of each file, or of each index's shard. */
async function withNames(...files: string[]) {
  const folder = await testFolder();
  for (const file of files) {
    const shard = file.replace(".safetensors.index", "-00001-of-00001")
      .replace(/(\.[^.]+)?\.json$/, ".safetensors");
    const path = folder.at(file.endsWith(".json") ? shard : file);
    await writeSafetensors(path, { [file]: tensor(1) });
    if (!file.endsWith(".json")) continue;
    const weight_map = { [file]: shard };
    await writeFile(folder.at(file), JSON.stringify({ weight_map }));
  }
  return folder;
}

const DIFFUSERS = "diffusion_pytorch_model";
const TAKEN: [readonly string[], string][] = [
  // as in diffusers and in transformers
  [[
    `${DIFFUSERS}.safetensors`,
    `${DIFFUSERS}.safetensors.index.json`,
  ], `${DIFFUSERS}.safetensors.index.json`],
  [
    ["model.safetensors", "model.safetensors.index.json"],
    "model.safetensors",
  ],
  // what has no variant comes first
  [
    ["model.fp16.safetensors", "model.safetensors.index.json"],
    "model.safetensors.index.json",
  ],
  [
    [`${DIFFUSERS}.safetensors`, `${DIFFUSERS}.safetensors.index.fp16.json`],
    `${DIFFUSERS}.safetensors`,
  ],
  [["model.fp16.safetensors"], "model.fp16.safetensors"],
  [[`${DIFFUSERS}.bf16.safetensors`], `${DIFFUSERS}.bf16.safetensors`],
  [
    ["model.safetensors.index.fp16.json"],
    "model.safetensors.index.fp16.json",
  ],
  [[
    `${DIFFUSERS}.bf16.safetensors`,
    `${DIFFUSERS}.safetensors.index.bf16.json`,
  ], `${DIFFUSERS}.safetensors.index.bf16.json`],
];

for (const [files, taken] of TAKEN) {
  Deno.test(`openWeights() of ${files.join(" and ")} opens ${taken}`, async () => {
    await using folder = await withNames(...files);
    await using weights = await openWeights(folder.at("."));
    assert.deepEqual([...weights.names()], [taken]);
    const [first, ...shards] = await weightFiles(weights);
    const found = [first!, ...shards].map((path) => basename(path));
    assert.ok(found.includes(taken));
    assert.equal(found.length, taken.endsWith(".json") ? 2 : 1);
  });
}

Deno.test("openWeights() takes shards of a variant by their index alone", async () => {
  await using folder = await testFolder();
  const shard = "model.fp16-00001-of-00001.safetensors";
  await writeSafetensors(folder.at(shard), { x: tensor(1) });
  await assert.rejects(openWeights(folder.at(".")), /found neither$/);
  const weight_map = JSON.stringify({ weight_map: { x: shard } });
  await writeFile(folder.at("model.safetensors.index.fp16.json"), weight_map);
  await using weights = await openWeights(folder.at("."));
  assert.deepEqual([...weights.names()], ["x"]);
});

Deno.test("openWeights() refuses several variants, and pickles", async () => {
  await using two = await withNames(
    "model.fp16.safetensors",
    "model.safetensors.index.bf16.json",
  );
  const path = two.at(".");
  await assert.rejects(openWeights(path), {
    name: "WeightError",
    message:
      `Cannot open weights in "${path}" as it must hold one variant of "model.safetensors": got bf16, fp16; move all but one away`,
  });
  await using folder = await testFolder();
  await writeFile(folder.at("pytorch_model.bin"), "PK");
  await assert.rejects(openWeights(folder.at("."), { stem: "model" }), {
    message:
      `Cannot open weights in "${
        folder.at(".")
      }" as it must hold "model.safetensors" or ` +
      '"model.safetensors.index.json": got "pytorch_model.bin", a pickle of PyTorch, ' +
      "which may run code; save it as safetensors",
  });
});

Deno.test("openWeights() says what it looked for", async () => {
  await using folder = await testFolder();
  await assert.rejects(openWeights(folder.at("."), { stem: "model" }), {
    name: "WeightError",
    message:
      /it must hold "model.safetensors" or "model.safetensors.index.json": found neither$/,
  });
  await assert.rejects(openWeights(folder.at("absent")), {
    message: `Weights not found: "${folder.at("absent")}"`,
  });
});

const REFUSED: Record<string, [unknown, RegExp]> = {
  "a way out of the folder": [
    { x: "../a.safetensors" },
    /must name .safetensors files in the same folder: got "..\/a.safetensors" for "x"/,
  ],
  "a backslash": [{ x: "..\\a.safetensors" }, /in the same folder/],
  "another kind of file": [{ x: "model.bin" }, /got "model.bin" for "x"/],
  "a number": [{ x: 3 }, /got 3 for "x"/],
  "no map": [["a.safetensors"], /weight_map must map names to files: got \[/],
  "a shard that is not there": [
    { x: "a.safetensors", z: "c.safetensors" },
    /^FormatError: Cannot read index ".*" as all files that it lists must be there: got no "c\.safetensors"$/,
  ],
  "a tensor that its shard lacks": [
    { x: "a.safetensors", z: "b.safetensors" },
    /"b.safetensors" must hold what it lists: tensor "z" is not there/,
  ],
};

for (const [fault, [weightMap, message]] of Object.entries(REFUSED)) {
  Deno.test(`openWeights() refuses an index with ${fault}`, async () => {
    const { folder, path } = await sharded(weightMap);
    await using _ = folder;
    await assert.rejects(openWeights(path), message);
  });
}

Deno.test("openWeights() refuses a tensor in two shards", async () => {
  const { folder, index } = await sharded({
    x: "a.safetensors",
    y: "b.safetensors",
  });
  await using _ = folder;
  await writeSafetensors(folder.at("b.safetensors"), {
    x: tensor(1),
    y: tensor(2),
  });
  await assert.rejects(
    openWeights(index),
    /shards must not repeat a tensor: "x" is in "a.safetensors" and in "b.safetensors"/,
  );
});

Deno.test("openWeights() refuses a name listed twice, and a cut shard", async () => {
  const { folder, index } = await sharded({
    x: "a.safetensors",
    y: "b.safetensors",
  });
  await using _ = folder;
  await truncate(folder.at("b.safetensors"), 70);
  await assert.rejects(openWeights(index), {
    name: "FormatError",
    path: folder.at("b.safetensors"),
  });
  await writeFile(
    index,
    '{"weight_map":{"x":"a.safetensors","x":"b.safetensors"}}',
  );
  await assert.rejects(openWeights(index), /must not repeat a key: got "x"/);
});
