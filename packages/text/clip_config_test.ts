import { parseClipTextConfig } from "@edit-transfer/text";
import assert from "node:assert/strict";
import { testConfigFaults } from "./_test_config.ts";

const PATH = "text_encoder/config.json";
const CLIP_L = {
  architectures: ["CLIPTextModel"],
  attention_dropout: 0.0,
  bos_token_id: 0,
  dropout: 0.0,
  eos_token_id: 2,
  hidden_act: "quick_gelu",
  hidden_size: 768,
  intermediate_size: 3072,
  layer_norm_eps: 1e-5,
  max_position_embeddings: 77,
  model_type: "clip_text_model",
  num_attention_heads: 12,
  num_hidden_layers: 12,
  pad_token_id: 1,
  projection_dim: 768,
  vocab_size: 49408,
};

Deno.test("parseClipTextConfig() reads the config of CLIP ViT-L/14", () => {
  assert.deepEqual(parseClipTextConfig(CLIP_L, PATH), {
    vocabSize: 49408,
    hiddenSize: 768,
    intermediateSize: 3072,
    layers: 12,
    heads: 12,
    maxPositions: 77,
    activation: "quick_gelu",
    layerNormEps: 1e-5,
    eosTokenId: 2,
  });
});

testConfigFaults(parseClipTextConfig, CLIP_L, [
  {
    change: { architectures: ["T5EncoderModel"], model_type: "t5" },
    fault: "the architecture must be CLIPTextModel: got T5EncoderModel",
  },
  {
    change: { architectures: undefined, model_type: "t5" },
    fault:
      '"model_type" must be "clip_text_model" for a CLIP text encoder: got "t5"',
  },
  {
    change: { hidden_size: undefined },
    fault: '"hidden_size" must be an integer from 1 to 65536: got nothing',
  },
  {
    change: { num_attention_heads: 7 },
    fault: '"num_attention_heads" must divide hidden_size: got 7',
  },
  {
    change: { hidden_act: "relu" },
    fault: '"hidden_act" must be "quick_gelu" or "gelu": got "relu"',
  },
  {
    change: { vocab_size: 1.5 },
    fault: '"vocab_size" must be an integer from 1 to 1048576: got 1.5',
  },
  {
    change: { layer_norm_eps: 0 },
    fault: '"layer_norm_eps" must be a number above 0, at most 1: got 0',
  },
]);
