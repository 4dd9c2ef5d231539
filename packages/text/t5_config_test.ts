import { parseT5Config } from "@edit-transfer/text";
import assert from "node:assert/strict";
import { testConfigFaults } from "./_test_config.ts";

const PATH = "text_encoder_2/config.json";
const T5_XXL = {
  architectures: ["T5EncoderModel"],
  d_ff: 10240,
  d_kv: 64,
  d_model: 4096,
  dense_act_fn: "gelu_new",
  feed_forward_proj: "gated-gelu",
  is_gated_act: true,
  layer_norm_epsilon: 1e-6,
  model_type: "t5",
  num_heads: 64,
  num_layers: 24,
  relative_attention_max_distance: 128,
  relative_attention_num_buckets: 32,
  vocab_size: 32128,
};

Deno.test("parseT5Config() reads the config of T5 v1.1 XXL", () => {
  assert.deepEqual(parseT5Config(T5_XXL, PATH), {
    vocabSize: 32128,
    modelSize: 4096,
    headSize: 64,
    feedForwardSize: 10240,
    layers: 24,
    heads: 64,
    buckets: 32,
    maxDistance: 128,
    layerNormEps: 1e-6,
  });
});

testConfigFaults(parseT5Config, T5_XXL, [
  {
    change: { architectures: ["UMT5EncoderModel"] },
    fault: "the architecture must be T5EncoderModel: got UMT5EncoderModel",
  },
  {
    change: { architectures: undefined, model_type: "umt5" },
    fault: '"model_type" must be "t5" for a T5 encoder: got "umt5"',
  },
  {
    change: { feed_forward_proj: undefined },
    fault:
      '"feed_forward_proj" must be "gated-gelu", which makes it a T5 v1.1: got nothing',
  },
  {
    change: { relative_attention_num_buckets: 30 },
    fault: '"relative_attention_num_buckets" must be a multiple of 4: got 30',
  },
  {
    change: { relative_attention_max_distance: 8 },
    fault:
      '"relative_attention_max_distance" must be greater than relative_attention_num_buckets / 4: got 8',
  },
  {
    change: { num_layers: 0 },
    fault: '"num_layers" must be an integer from 1 to 1024: got 0',
  },
]);
