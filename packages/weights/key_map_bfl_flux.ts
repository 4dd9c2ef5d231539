import type { KeyMap } from "./key_map.ts";

const DOUBLE = "transformer_blocks.{i}";
const SINGLE = "single_transformer_blocks.{i}";
const EMBED = "time_text_embed";

/**
 * Names of Black Forest Labs' own files, `flux1-dev.safetensors` among them,
 * and of GGUF files made of these.
 *
 * Source: black-forest-labs/flux@802fb47, `src/flux/model.py`, mapped as
 * `convert_flux_transformer_checkpoint_to_diffusers` of huggingface/diffusers
 * v0.42.1, `src/diffusers/loaders/single_file_utils.py`, does.
 */
export const KEY_MAP_BFL_FLUX: KeyMap = [
  { from: "img_in", to: "x_embedder" },
  { from: "txt_in", to: "context_embedder" },
  { from: "time_in.in_layer", to: `${EMBED}.timestep_embedder.linear_1` },
  { from: "time_in.out_layer", to: `${EMBED}.timestep_embedder.linear_2` },
  { from: "guidance_in.in_layer", to: `${EMBED}.guidance_embedder.linear_1` },
  { from: "guidance_in.out_layer", to: `${EMBED}.guidance_embedder.linear_2` },
  { from: "vector_in.in_layer", to: `${EMBED}.text_embedder.linear_1` },
  { from: "vector_in.out_layer", to: `${EMBED}.text_embedder.linear_2` },

  { from: "double_blocks.{i}.img_mod.lin", to: `${DOUBLE}.norm1.linear` },
  {
    from: "double_blocks.{i}.img_attn.qkv",
    to: [`${DOUBLE}.attn.to_q`, `${DOUBLE}.attn.to_k`, `${DOUBLE}.attn.to_v`],
  },
  {
    from: "double_blocks.{i}.img_attn.norm.query_norm.scale",
    to: `${DOUBLE}.attn.norm_q.weight`,
  },
  {
    from: "double_blocks.{i}.img_attn.norm.key_norm.scale",
    to: `${DOUBLE}.attn.norm_k.weight`,
  },
  { from: "double_blocks.{i}.img_attn.proj", to: `${DOUBLE}.attn.to_out.0` },
  { from: "double_blocks.{i}.img_mlp.0", to: `${DOUBLE}.ff.net.0.proj` },
  { from: "double_blocks.{i}.img_mlp.2", to: `${DOUBLE}.ff.net.2` },

  {
    from: "double_blocks.{i}.txt_mod.lin",
    to: `${DOUBLE}.norm1_context.linear`,
  },
  {
    from: "double_blocks.{i}.txt_attn.qkv",
    to: [
      `${DOUBLE}.attn.add_q_proj`,
      `${DOUBLE}.attn.add_k_proj`,
      `${DOUBLE}.attn.add_v_proj`,
    ],
  },
  {
    from: "double_blocks.{i}.txt_attn.norm.query_norm.scale",
    to: `${DOUBLE}.attn.norm_added_q.weight`,
  },
  {
    from: "double_blocks.{i}.txt_attn.norm.key_norm.scale",
    to: `${DOUBLE}.attn.norm_added_k.weight`,
  },
  { from: "double_blocks.{i}.txt_attn.proj", to: `${DOUBLE}.attn.to_add_out` },
  {
    from: "double_blocks.{i}.txt_mlp.0",
    to: `${DOUBLE}.ff_context.net.0.proj`,
  },
  { from: "double_blocks.{i}.txt_mlp.2", to: `${DOUBLE}.ff_context.net.2` },

  { from: "single_blocks.{i}.modulation.lin", to: `${SINGLE}.norm.linear` },
  {
    from: "single_blocks.{i}.linear1",
    to: [
      `${SINGLE}.attn.to_q`,
      `${SINGLE}.attn.to_k`,
      `${SINGLE}.attn.to_v`,
      `${SINGLE}.proj_mlp`,
    ],
  },
  {
    from: "single_blocks.{i}.norm.query_norm.scale",
    to: `${SINGLE}.attn.norm_q.weight`,
  },
  {
    from: "single_blocks.{i}.norm.key_norm.scale",
    to: `${SINGLE}.attn.norm_k.weight`,
  },
  { from: "single_blocks.{i}.linear2", to: `${SINGLE}.proj_out` },

  {
    from: "final_layer.adaLN_modulation.1",
    to: "norm_out.linear",
    halvesSwapped: true, // shift, scale there; scale, shift here
  },
  { from: "final_layer.linear", to: "proj_out" },
];
