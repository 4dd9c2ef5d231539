import type { KeyMap } from "./key_map.ts";

const DOUBLE = "transformer_blocks.{i}.attn";
const SINGLE = "single_transformer_blocks.{i}";

/**
 * Names of XLabs-AI/x-flux, whose LoRAs are on the attention only: 1 is the
 * image, 2 the text.
 *
 * Source: `_convert_xlabs_flux_lora_to_diffusers` of huggingface/diffusers
 * 0.42.1, loaders/lora_conversion_utils.py.
 */
export const KEY_MAP_XLABS: KeyMap = [
  {
    module: "double_blocks.{i}.processor.qkv_lora1",
    layers: [`${DOUBLE}.to_q`, `${DOUBLE}.to_k`, `${DOUBLE}.to_v`],
  },
  {
    module: "double_blocks.{i}.processor.qkv_lora2",
    layers: [
      `${DOUBLE}.add_q_proj`,
      `${DOUBLE}.add_k_proj`,
      `${DOUBLE}.add_v_proj`,
    ],
  },
  {
    module: "double_blocks.{i}.processor.proj_lora1",
    layers: [`${DOUBLE}.to_out.0`],
  },
  {
    module: "double_blocks.{i}.processor.proj_lora2",
    layers: [`${DOUBLE}.to_add_out`],
  },
  {
    module: "single_blocks.{i}.processor.qkv_lora",
    layers: [
      `${SINGLE}.attn.to_q`,
      `${SINGLE}.attn.to_k`,
      `${SINGLE}.attn.to_v`,
    ],
  },
  {
    module: "single_blocks.{i}.processor.proj_lora",
    layers: [`${SINGLE}.proj_out`],
  },
];
