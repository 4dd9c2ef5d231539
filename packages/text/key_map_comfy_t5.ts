import type { KeyMap } from "@edit-transfer/weights";

const LAYER = "encoder.block.{i}.layer";
const ATTENTION = ["q", "k", "v", "o", "relative_attention_bias"];
const MLP = ["wi_0", "wi_1", "wo"];

/** Names that stay as they are. */
const SAME = [
  "shared",
  "encoder.embed_tokens",
  ...ATTENTION.map((name) => `${LAYER}.0.SelfAttention.${name}`),
  `${LAYER}.0.layer_norm`,
  ...MLP.map((name) => `${LAYER}.1.DenseReluDense.${name}`),
  `${LAYER}.1.layer_norm`,
  "encoder.final_layer_norm",
];

/**
 * Names of ComfyUI's `t5xxl_fp16.safetensors` and its like: those of
 * transformers, beside which there may be a tokeniser's file as an array.
 *
 * Source: `T5` in comfyanonymous/ComfyUI@v0.3.40, `comfy/text_encoders/t5.py`.
 */
export const KEY_MAP_COMFY_T5: KeyMap = SAME.map((name) => ({
  from: name,
  to: name,
}));
