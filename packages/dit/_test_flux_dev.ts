/** `transformer/config.json` of FLUX.1-dev. */
export const FLUX_DEV = {
  _class_name: "FluxTransformer2DModel",
  attention_head_dim: 128,
  guidance_embeds: true,
  in_channels: 64,
  joint_attention_dim: 4096,
  num_attention_heads: 24,
  num_layers: 19,
  num_single_layers: 38,
  patch_size: 1,
  pooled_projection_dim: 768,
};
