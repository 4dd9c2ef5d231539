import assert from "node:assert/strict";
import { testConfigFaults } from "../text/_test_config.ts";
import { parseClipConfig } from "./config.ts";

const PATH = "clip/config.json";

/** openai/clip-vit-large-patch14 of 2021, shortened: sizes stand twice. */
const CLIP_L = {
  architectures: ["CLIPModel"],
  logit_scale_init_value: 2.6592,
  model_type: "clip",
  projection_dim: 768,
  text_config: {
    architectures: null,
    eos_token_id: 2,
    hidden_act: "quick_gelu",
    hidden_size: 768,
    intermediate_size: 3072,
    layer_norm_eps: 1e-5,
    max_position_embeddings: 77,
    model_type: "clip_text_model",
    num_attention_heads: 12,
    num_hidden_layers: 12,
    vocab_size: 49408,
  },
  text_config_dict: {
    hidden_size: 768,
    intermediate_size: 3072,
    num_attention_heads: 12,
    num_hidden_layers: 12,
    projection_dim: 768,
  },
  vision_config: {
    hidden_act: "quick_gelu",
    hidden_size: 1024,
    image_size: 224,
    intermediate_size: 4096,
    model_type: "clip_vision_model",
    num_attention_heads: 16,
    num_channels: 3,
    num_hidden_layers: 24,
    patch_size: 14,
  },
  vision_config_dict: {
    hidden_size: 1024,
    intermediate_size: 4096,
    num_attention_heads: 16,
    num_hidden_layers: 24,
    patch_size: 14,
    projection_dim: 768,
  },
};

const LARGE = {
  hiddenSize: 1024,
  intermediateSize: 4096,
  layers: 24,
  heads: 16,
  channels: 3,
  imageSize: 224,
  patchSize: 14,
  activation: "quick_gelu",
  layerNormEps: 1e-5,
};

Deno.test("parseClipConfig() reads ViT-L/14 as the hub has it", () => {
  assert.deepEqual(parseClipConfig(CLIP_L, PATH), {
    text: {
      vocabSize: 49408,
      hiddenSize: 768,
      intermediateSize: 3072,
      layers: 12,
      heads: 12,
      maxPositions: 77,
      activation: "quick_gelu",
      layerNormEps: 1e-5,
      eosTokenId: 49407, // the second dictionary's default wins, as in transformers
    },
    vision: LARGE,
    projectionSize: 768,
  });
});

Deno.test("parseClipConfig() reads ViT-H/14 as laion wrote it", () => {
  const { text, vision, projectionSize } = parseClipConfig({
    architectures: ["CLIPModel"],
    model_type: "clip",
    projection_dim: 1024,
    text_config: {
      hidden_act: "gelu",
      hidden_size: 1024,
      intermediate_size: 4096,
      num_attention_heads: 16,
      num_hidden_layers: 24,
    },
    text_config_dict: null,
    vision_config: {
      hidden_act: "gelu",
      hidden_size: 1280,
      intermediate_size: 5120,
      num_attention_heads: 16,
      num_hidden_layers: 32,
      patch_size: 14,
    },
  }, PATH);
  assert.equal(projectionSize, 1024);
  assert.deepEqual([text.activation, text.layers], ["gelu", 24]);
  assert.deepEqual([vision.activation, vision.layers], ["gelu", 32]);
});

Deno.test("parseClipConfig() takes defaults for what transformers leaves out", () => {
  const { text, vision, projectionSize } = parseClipConfig({
    architectures: ["CLIPModel"],
    projection_dim: 768,
    text_config: {
      hidden_size: 768,
      intermediate_size: 3072,
      num_attention_heads: 12,
    },
    vision_config: {
      hidden_size: 1024,
      intermediate_size: 4096,
      num_attention_heads: 16,
      num_channels: 6,
      num_hidden_layers: 24,
      patch_size: 14,
    },
  }, PATH);
  assert.equal(text.layers, 12);
  assert.deepEqual(vision, { ...LARGE, channels: 6 });
  assert.equal(projectionSize, 768);
  assert.equal(parseClipConfig({}, PATH).text.hiddenSize, 512);
});

testConfigFaults(parseClipConfig, CLIP_L, [
  {
    change: { architectures: ["SiglipModel"], model_type: "siglip" },
    fault: "the architecture must be CLIPModel: got SiglipModel",
  },
  {
    change: { architectures: undefined, model_type: "siglip" },
    fault: '"model_type" must be "clip" for a CLIP model: got "siglip"',
  },
  {
    change: { projection_dim: 0 },
    fault: '"projection_dim" must be an integer from 1 to 65536: got 0',
  },
  {
    change: { vision_config: 3 },
    fault: '"vision_config" must be an object: got 3',
  },
]);

Deno.test("parseClipConfig() says in which tower a field does not fit", () => {
  const faults: [Record<string, unknown>, string][] = [
    [
      { text_config: { hidden_size: 1.5 } },
      '"clip/config.json text_config" as "hidden_size" must be an integer from 1 to 65536: got 1.5',
    ],
    [
      { vision_config: { num_attention_heads: 7 } },
      '"clip/config.json vision_config" as "num_attention_heads" must divide hidden_size: got 7',
    ],
    [
      { vision_config: { patch_size: 300 } },
      '"clip/config.json vision_config" as "patch_size" must be at most image_size: got 300',
    ],
    [
      { vision_config: { hidden_act: "gelu_new" } },
      '"clip/config.json vision_config" as "hidden_act" must be "quick_gelu" or "gelu": got "gelu_new"',
    ],
  ];
  for (const [json, fault] of faults) {
    assert.throws(() => parseClipConfig(json, PATH), {
      name: "FormatError",
      message: `Cannot read ${fault}`,
    });
  }
});
