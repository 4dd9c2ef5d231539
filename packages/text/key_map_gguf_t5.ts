import type { KeyMap } from "@edit-transfer/weights";

const HERE = "encoder.block.{i}.layer";

/**
 * Names of T5 encoders in GGUF, as llama.cpp writes them.
 *
 * Source: `MODEL_ARCH.T5ENCODER` in gguf 0.17.1, `tensor_mapping.py`.
 */
export const KEY_MAP_GGUF_T5: KeyMap = [
  { from: "token_embd", to: "shared" },
  { from: "enc.blk.{i}.attn_norm", to: `${HERE}.0.layer_norm` },
  { from: "enc.blk.{i}.attn_q", to: `${HERE}.0.SelfAttention.q` },
  { from: "enc.blk.{i}.attn_k", to: `${HERE}.0.SelfAttention.k` },
  { from: "enc.blk.{i}.attn_v", to: `${HERE}.0.SelfAttention.v` },
  { from: "enc.blk.{i}.attn_o", to: `${HERE}.0.SelfAttention.o` },
  {
    from: "enc.blk.{i}.attn_rel_b",
    to: `${HERE}.0.SelfAttention.relative_attention_bias`,
  },
  { from: "enc.blk.{i}.ffn_norm", to: `${HERE}.1.layer_norm` },
  { from: "enc.blk.{i}.ffn_gate", to: `${HERE}.1.DenseReluDense.wi_0` },
  { from: "enc.blk.{i}.ffn_up", to: `${HERE}.1.DenseReluDense.wi_1` },
  { from: "enc.blk.{i}.ffn_down", to: `${HERE}.1.DenseReluDense.wo` },
  { from: "enc.output_norm", to: "encoder.final_layer_norm" },
];
