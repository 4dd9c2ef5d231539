import {
  mapKeys,
  memoryWeights,
  openGguf,
  openSafetensors,
  type TensorData,
  type WeightSource,
  widen,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { clipConfigOf } from "./clip_config_of_weights.ts";
import { KEY_MAP_COMFY_CLIP } from "./key_map_comfy_clip.ts";
import { KEY_MAP_COMFY_T5 } from "./key_map_comfy_t5.ts";
import { KEY_MAP_GGUF_T5 } from "./key_map_gguf_t5.ts";
import { t5ConfigOf } from "./t5_config_of_weights.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);
const at = (path: string) => fileURLToPath(new URL(path, FIXTURES));

const values = async (source: WeightSource, name: string) =>
  widen(await source.read(name), source.info(name).dtype);

Deno.test("a T5 in GGUF has the arrays of transformers", async () => {
  await using source = mapKeys(
    await openGguf(at("goldens/layouts/t5.gguf")),
    KEY_MAP_GGUF_T5,
  );
  await using expected = await openSafetensors(
    at("goldens/layouts/t5.safetensors"),
  );
  assert.deepEqual([...source.names()].sort(), [...expected.names()].sort());
  for (const name of source.names()) {
    assert.deepEqual(source.info(name).shape, expected.info(name).shape);
    assert.deepEqual(await values(source, name), await values(expected, name));
  }
  assert.deepEqual(t5ConfigOf(source), {
    vocabSize: 40,
    modelSize: 32,
    headSize: 32,
    feedForwardSize: 64,
    layers: 2,
    heads: 2,
    buckets: 8,
    maxDistance: 128,
    layerNormEps: 1e-6,
  });
});

const EXTRA: TensorData = { dtype: "U8", shape: [1], data: Uint8Array.of(0) };

/** A source with an array that is not of the model, below a prefix. */
async function comfy(
  path: string,
  prefix: string,
  { extra, from = "" }: { extra: string; from?: string },
): Promise<[WeightSource, string[]]> {
  await using source = await openSafetensors(at(path));
  const tensors: Record<string, TensorData> = { [prefix + extra]: EXTRA };
  for (const name of source.names()) {
    const { dtype, shape } = source.info(name);
    const data = await source.read(name);
    tensors[prefix + from + name] = { dtype, shape, data };
  }
  return [memoryWeights(tensors), [...source.names()].map((n) => from + n)];
}

Deno.test("ComfyUI's T5 file is read without what is beside the model", async () => {
  const prefix = "text_encoders.t5xxl.transformer.";
  const path = "../models/micro/text_encoder_2/model.safetensors";
  const [source, names] = await comfy(path, prefix, { extra: "spiece_model" });
  const mapped = mapKeys(source, KEY_MAP_COMFY_T5, { prefix });
  assert.deepEqual([...mapped.names()], names);
});

Deno.test("ComfyUI's CLIP file is read without what is beside the model", async () => {
  const path = "../models/micro/text_encoder/model.safetensors";
  await using file = await openSafetensors(at(path));
  const from = file.has("text_model.final_layer_norm.bias")
    ? ""
    : "text_model.";
  const [source, names] = await comfy(path, "", {
    extra: "text_projection.weight",
    from,
  });
  const mapped = mapKeys(source, KEY_MAP_COMFY_CLIP);
  assert.deepEqual([...mapped.names()], names);
  const config = clipConfigOf(mapped);
  assert.deepEqual(config, {
    vocabSize: 1000,
    hiddenSize: 64,
    intermediateSize: 192,
    layers: 2,
    heads: 1,
    maxPositions: 77,
    activation: "quick_gelu",
    layerNormEps: 1e-5,
    eosTokenId: 999,
  });
});
