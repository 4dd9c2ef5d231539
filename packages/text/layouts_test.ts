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

Deno.test("a CLIP file alone tells its sizes", async () => {
  await using file = await openSafetensors(
    at("../models/micro/text_encoder/model.safetensors"),
  );
  const from = file.has("text_model.final_layer_norm.bias")
    ? ""
    : "text_model.";
  const tensors: Record<string, TensorData> = {};
  for (const name of file.names()) {
    const { dtype, shape } = file.info(name);
    tensors[from + name] = { dtype, shape, data: await file.read(name) };
  }
  assert.deepEqual(clipConfigOf(memoryWeights(tensors)), {
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
