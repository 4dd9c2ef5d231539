import {
  type Device,
  dryDevice,
  openDevice,
  ParameterReader,
  slice,
} from "@edit-transfer/tensor";
import { assertRelative, readGolden } from "@edit-transfer/testing";
import {
  KEY_MAP_BFL_FLUX,
  mapKeys,
  memoryWeights,
  openGguf,
  openSafetensors,
  type TensorData,
  type WeightSource,
  widen,
  widenFp8,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gpuTest } from "../tensor/webgpu/_test_device.ts";
import { goldenInputs } from "./_test_inputs.ts";
import { parseFluxConfig } from "./config.ts";
import { fluxConfigOf } from "./config_of_weights.ts";
import { FluxTransformer } from "./flux_transformer.ts";

const FOLDER = new URL("../../fixtures/goldens/layouts/", import.meta.url);

/** Opens a golden file in the layout of Black Forest Labs, renamed. */
async function open(file: string): Promise<WeightSource> {
  const path = fileURLToPath(new URL(file, FOLDER));
  const prefix = file.includes("comfy") ? "model.diffusion_model." : "";
  const source = file.endsWith(".gguf")
    ? await openGguf(path)
    : widenFp8(await openSafetensors(path));
  return mapKeys(source, KEY_MAP_BFL_FLUX, { prefix });
}

const sha256 = (bytes: Uint8Array) =>
  createHash("sha256").update(bytes).digest("hex");

Deno.test("a BFL file has the arrays that diffusers converts it to, to the bit", async () => {
  await using source = await open("flux_bfl.safetensors");
  const expected = JSON.parse(readGolden("layouts/flux").metadata.sha256!);

  assert.deepEqual(
    [...source.names()].sort(),
    Object.keys(expected).sort(),
  );
  for (const name of source.names()) {
    assert.equal(source.info(name).dtype, "BF16");
    assert.equal(sha256(await source.read(name)), expected[name], name);
  }
});

Deno.test("a BF16 GGUF has the same arrays as the file it was made of", async () => {
  await using gguf = await open("flux_bf16.gguf");
  await using bfl = await open("flux_bfl.safetensors");
  const values = async (source: WeightSource, name: string) =>
    widen(await source.read(name), source.info(name).dtype);

  assert.deepEqual([...gguf.names()].sort(), [...bfl.names()].sort());
  for (const name of gguf.names()) {
    assert.deepEqual(gguf.info(name).shape, bfl.info(name).shape);
    assert.deepEqual(await values(gguf, name), await values(bfl, name), name);
  }
});

const FILES = {
  "flux_bfl.safetensors": "bf16",
  "flux_bf16.gguf": "bf16",
  "flux_q8_0.gguf": "q8_0",
  "flux_comfy.safetensors": "fp8",
  "flux_comfy_scaled.safetensors": "fp8_scaled",
} as const;

/** Compares the velocity of a file's model with PyTorch's. */
async function check(
  device: Device,
  file: keyof typeof FILES,
): Promise<void> {
  const golden = readGolden("layouts/flux");
  await using source = await open(file);
  const config = fluxConfigOf(source);
  assert.deepEqual(
    config,
    parseFluxConfig(JSON.parse(golden.metadata.config!), "config.json"),
  );
  const reader = new ParameterReader(device, source);
  using model = await FluxTransformer.load(reader, config);
  assert.deepEqual(reader.unused(), []);
  using inputs = goldenInputs(device, golden);
  using velocity = model.forward(inputs);
  assertRelative(
    await velocity.data() as Float32Array,
    golden.arrays[`velocity.${FILES[file]}`]!,
    1e-5,
  );
}

for (const file of Object.keys(FILES) as (keyof typeof FILES)[]) {
  Deno.test(`${file} gives PyTorch's velocity`, async () => {
    using device = await openDevice("cpu", { threads: 1 });
    await check(device, file);
    assert.equal(device.memory.tensors, 0);
  });
}

gpuTest("flux_q8_0.gguf gives PyTorch's velocity on WebGPU", {
  precision: "f32",
}, async (device) => {
  await check(device, "flux_q8_0.gguf");
  assert.equal(device.memory.tensors, 0);
});

/** Compares kept tokens of quantised weights with all tokens in one pass. */
async function checkKept(device: Device): Promise<void> {
  await using source = await open("flux_q8_0.gguf");
  using model = await FluxTransformer.load(
    new ParameterReader(device, source),
    fluxConfigOf(source),
  );
  using inputs = goldenInputs(device, readGolden("layouts/flux"));
  const { txt, txtIds, imgIds, img, ...told } = inputs;
  using made = new DisposableStack();
  const part = (start: number, end: number) => ({
    ...told,
    img: made.use(slice(img, 1, { start, end })),
    imgIds: imgIds.slice(start, end),
  });
  const [I, third] = [imgIds.length, Math.ceil(imgIds.length / 3)];
  const given = [{ ...told, txt, txtIds, timestep: 0 }, part(0, third)];
  const rest = part(third, I);
  using kept = await model.keep(given);
  using actual = await model.velocity({ ...rest, kept: [kept] });
  using expected = model.forward({ ...rest, before: given });
  assertRelative(await actual.data(), await expected.data(), 1e-5);
}

Deno.test("kept tokens of quantised weights give the same velocity", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  await checkKept(device);
  assert.equal(device.memory.tensors, 0);
});

gpuTest("kept tokens of quantised weights give the same velocity on WebGPU", {
  precision: "f32",
}, checkKept);

/** Names with `{i}` for all blocks, as arrays without data. */
function expand(
  grouped: Record<string, number[]>,
  blocks: (name: string) => number,
): Map<string, number[]> {
  const names = new Map<string, number[]>();
  for (const [name, shape] of Object.entries(grouped)) {
    const count = name.includes("{i}") ? blocks(name) : 1;
    for (let i = 0; i < count; i++) {
      names.set(name.replace("{i}", `${i}`), shape);
    }
  }
  return names;
}

Deno.test("the map covers FLUX.1-dev, every name and shape of it", async () => {
  const { flux, flux_bfl } = JSON.parse(
    readFileSync(new URL("names.json", FOLDER), "utf8"),
  );
  const blocks = (name: string) => name.startsWith("single") ? 38 : 19;
  const stored = expand(flux_bfl.bfl, blocks);
  const expected = expand(flux.diffusers, blocks);
  const source = mapKeys(shapesOnly(stored), KEY_MAP_BFL_FLUX);
  const shapes = [...source.names()].map((name) =>
    [name, source.info(name).shape] as const
  );

  assert.equal(stored.size, flux_bfl.arrays);
  assert.equal(expected.size, flux.arrays);
  assert.deepEqual(
    Object.fromEntries(shapes),
    Object.fromEntries(expected),
  );
  const reader = new ParameterReader(dryDevice(), source);
  using _ = await FluxTransformer.load(reader, fluxConfigOf(source));
  assert.deepEqual(reader.unused(), []);
  assert.deepEqual(fluxConfigOf(source), {
    inChannels: 64,
    outChannels: 64,
    numLayers: 19,
    numSingleLayers: 38,
    attentionHeadDim: 128,
    numAttentionHeads: 24,
    hiddenSize: 3072,
    jointAttentionDim: 4096,
    pooledProjectionDim: 768,
    guidanceEmbeds: true,
    axesDimsRope: [16, 56, 56],
  });
});

/** A source that has shapes and no data. */
function shapesOnly(shapes: ReadonlyMap<string, number[]>): WeightSource {
  return {
    ...memoryWeights({}),
    names: () => shapes.keys(),
    has: (name) => shapes.has(name),
    info: (name) => ({
      name,
      dtype: "BF16",
      shape: shapes.get(name)!,
      sizeBytes: 2 * shapes.get(name)!.reduce((a, b) => a * b, 1),
    }),
  };
}

Deno.test("fluxConfigOf() tells -schnell and -Fill apart", async () => {
  await using source = await open("flux_bfl.safetensors");
  const tensors: Record<string, TensorData> = {};
  for (const name of source.names()) {
    if (name.includes("guidance")) continue;
    const { dtype, shape } = source.info(name);
    tensors[name] = { dtype, shape, data: await source.read(name) };
  }
  const data = new Float32Array(32 * 384);
  tensors["x_embedder.weight"] = { dtype: "BF16", shape: [32, 384], data };
  const config = fluxConfigOf(memoryWeights(tensors));
  assert.equal(config.guidanceEmbeds, false);
  assert.equal(config.inChannels, 384);
  assert.equal(config.outChannels, 32);
});
