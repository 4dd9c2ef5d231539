import { readLora } from "@edit-transfer/lora";
import { memoryWeights } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import {
  baseModelNotices,
  loraNotices,
  trainingNotices,
} from "./lora_notices.ts";
import type { OpenedLora } from "./open_loras.ts";

const one = { dtype: "F32", shape: [1, 1], data: Float32Array.of(1) } as const;

async function lora(metadata: Record<string, string>): Promise<OpenedLora> {
  const file = await readLora(
    memoryWeights({
      "transformer.proj_out.lora_A.weight": one,
      "transformer.proj_out.lora_B.weight": one,
      "bundle_emb.x.clip_l": one,
    }, { path: "a.safetensors", metadata }),
  );
  const match = { matched: ["proj_out"], unmatched: [], idle: [] };
  return { ...file, scale: 1, match };
}

Deno.test("trainingNotices() says where an edit is not what a LoRA was trained for", async () => {
  const trained = await lora({
    panel_mode: "joint",
    panel_size: "512",
    guidance: "1.0",
  });
  const run = {
    panel: { width: 64, height: 64 },
    guidance: 3.5,
    config: { guidanceEmbeds: true },
  };
  assert.deepEqual(trainingNotices([trained], run), [
    'LoRA "a.safetensors" was trained on panels encoded together, panel_mode "joint", and edits encode each alone',
    'LoRA "a.safetensors" was trained on panels of 512 pixels, and these have 64',
    'LoRA "a.safetensors" was trained with guidance 1, and this run has 3.5',
  ]);
  const without = { ...run, config: { guidanceEmbeds: false } };
  assert.equal(trainingNotices([trained], without).length, 2);
  const same = await lora({
    panel_mode: "panel",
    panel_size: "64",
    guidance: "3.5",
  });
  assert.deepEqual(trainingNotices([same, await lora({})], run), []);
});

Deno.test("trainingNotices() says where a LoRA never saw panels of a shape", async () => {
  const config = { guidanceEmbeds: false };
  const at = async (metadata: Record<string, string>, width: number) => {
    const panel = { width, height: 48 };
    const run = { panel, guidance: 1, config };
    return trainingNotices([await lora(metadata)], run);
  };
  assert.deepEqual(await at({ panel_size: "64" }, 80), [
    'LoRA "a.safetensors" was trained on square panels of 64 pixels, and these have 80x48',
  ]);
  const several = { panel_size: "64", panel_shapes: "64x64 80x48" };
  assert.deepEqual(await at(several, 80), []);
  assert.deepEqual(await at(several, 96), [
    'LoRA "a.safetensors" was trained on panels of 64x64, 80x48 pixels, and these have 96x48',
  ]);
});

Deno.test("baseModelNotices() says which model a LoRA was trained on", async () => {
  const file = await lora({
    base_model: "other/model",
    base_model_hash: "0123456789abcdef",
  });
  assert.deepEqual(baseModelNotices([file], "fedcba9876543210"), [
    'LoRA "a.safetensors" was trained on another model than this: on other/model with sha256 0123456789ab, and this has fedcba987654',
  ]);
  assert.deepEqual(baseModelNotices([file], "0123456789abcdef"), []);
  assert.deepEqual(baseModelNotices([await lora({})], "01"), []);
});

Deno.test("loraNotices() names what a file has and what is left out", async () => {
  const file = await lora({});
  const unmatched = [{ key: "x", reason: "", nearest: undefined }];
  assert.deepEqual(
    loraNotices([{ ...file, match: { ...file.match, unmatched } }]),
    [
      'LoRA "a.safetensors": 1 arrays change no layer and are left out, the first "bundle_emb.x.clip_l", which is a bundled embedding of a text encoder, for words that no prompt here has',
      'LoRA "a.safetensors": 1 layers that the model does not have are left out, the first "x"',
    ],
  );
  const idle = { matched: [], unmatched: [], idle: ["x"] };
  assert.equal(
    loraNotices([{ ...file, match: idle }])[1],
    'LoRA "a.safetensors" changes nothing in this model',
  );
});
