import type { KeyMap } from "./key_map.ts";

const DOUBLE = "transformer_blocks.{i}";
const SINGLE = "single_transformer_blocks.{i}";
const EMBED = "time_text_embed";

/**
 * Names of black-forest-labs/flux@802fb47, `src/flux/model.py`, as diffusers
 * 0.42.1 maps them, loaders/single_file_utils.py,
 * `convert_flux_transformer_checkpoint_to_diffusers`.
 */
export const KEY_MAP_BFL: KeyMap = [
  {
    module: "double_blocks.{i}.img_attn.qkv",
    layers: [
      `${DOUBLE}.attn.to_q`,
      `${DOUBLE}.attn.to_k`,
      `${DOUBLE}.attn.to_v`,
    ],
  },
  {
    module: "double_blocks.{i}.txt_attn.qkv",
    layers: [
      `${DOUBLE}.attn.add_q_proj`,
      `${DOUBLE}.attn.add_k_proj`,
      `${DOUBLE}.attn.add_v_proj`,
    ],
  },
  {
    module: "double_blocks.{i}.img_attn.proj",
    layers: [`${DOUBLE}.attn.to_out.0`],
  },
  {
    module: "double_blocks.{i}.txt_attn.proj",
    layers: [`${DOUBLE}.attn.to_add_out`],
  },
  {
    module: "double_blocks.{i}.img_mlp.0",
    layers: [`${DOUBLE}.ff.net.0.proj`],
  },
  { module: "double_blocks.{i}.img_mlp.2", layers: [`${DOUBLE}.ff.net.2`] },
  {
    module: "double_blocks.{i}.txt_mlp.0",
    layers: [`${DOUBLE}.ff_context.net.0.proj`],
  },
  {
    module: "double_blocks.{i}.txt_mlp.2",
    layers: [`${DOUBLE}.ff_context.net.2`],
  },
  {
    module: "double_blocks.{i}.img_mod.lin",
    layers: [`${DOUBLE}.norm1.linear`],
  },
  {
    module: "double_blocks.{i}.txt_mod.lin",
    layers: [`${DOUBLE}.norm1_context.linear`],
  },
  {
    module: "single_blocks.{i}.linear1",
    layers: [
      `${SINGLE}.attn.to_q`,
      `${SINGLE}.attn.to_k`,
      `${SINGLE}.attn.to_v`,
      `${SINGLE}.proj_mlp`,
    ],
  },
  { module: "single_blocks.{i}.linear2", layers: [`${SINGLE}.proj_out`] },
  {
    module: "single_blocks.{i}.modulation.lin",
    layers: [`${SINGLE}.norm.linear`],
  },
  { module: "img_in", layers: ["x_embedder"] },
  { module: "txt_in", layers: ["context_embedder"] },
  {
    module: "time_in.in_layer",
    layers: [`${EMBED}.timestep_embedder.linear_1`],
  },
  {
    module: "time_in.out_layer",
    layers: [`${EMBED}.timestep_embedder.linear_2`],
  },
  { module: "vector_in.in_layer", layers: [`${EMBED}.text_embedder.linear_1`] },
  {
    module: "vector_in.out_layer",
    layers: [`${EMBED}.text_embedder.linear_2`],
  },
  {
    module: "guidance_in.in_layer",
    layers: [`${EMBED}.guidance_embedder.linear_1`],
  },
  {
    module: "guidance_in.out_layer",
    layers: [`${EMBED}.guidance_embedder.linear_2`],
  },
  { module: "final_layer.linear", layers: ["proj_out"] },
  {
    module: "final_layer.adaLN_modulation.1",
    layers: ["norm_out.linear"],
    halvesSwapped: true, // shift, scale there; scale, shift here
  },
];
