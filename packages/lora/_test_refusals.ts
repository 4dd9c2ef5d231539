/** What is said of each file of the styles that is refused. */
export const REFUSALS: Readonly<Record<string, string>> = {
  control_wide:
    'Cannot attach LoRA "control_wide.safetensors" as it widens "x_embedder" of this model from 16 to 32 channels: got a FLUX control LoRA, whose control picture stands beside the latents, which this program does not feed',
  oft:
    'Cannot read "oft.safetensors" as a LoRA as it is an OFT, which rotates weights: got "lora_unet_double_blocks_0_img_attn_proj.oft_blocks"',
  boft:
    'Cannot read "boft.safetensors" as a LoRA as it is a BOFT, which rotates weights: got "lora_unet_double_blocks_0_img_attn_proj.boft_blocks"',
  glora:
    'Cannot read "glora.safetensors" as a LoRA as it is a GLoRA, which also changes what layers read: got "lora_unet_double_blocks_0_img_attn_proj.a1.weight"',
  ia3:
    'Cannot read "ia3.safetensors" as a LoRA as it is an (IA)³, which scales activations: got "lora_unet_double_blocks_0_img_attn_proj.on_input"',
  vera:
    'Cannot read "vera.safetensors" as a LoRA as it is a VeRA, whose matrices are not in the file: got "base_model.model.transformer_blocks.0.attn.to_q.vera_lambda_b"',
  locon_mid:
    'Cannot read "locon_mid.safetensors" as a LoRA as it is a LoCon with a middle convolution, which FLUX has no layer for: got "lora_unet_double_blocks_0_img_attn_proj.lora_mid.weight"',
  lokr_tucker:
    'Cannot read "lokr_tucker.safetensors" as a LoRA as it is a LyCORIS adapter of convolutions, which FLUX does not have: got "lora_unet_double_blocks_0_img_attn_proj.lokr_t2"',
  embedding:
    'Cannot read "embedding.safetensors" as a LoRA as it is a LoRA of an embedding table: got "base_model.model.x.lora_embedding_A"',
  sd15:
    'Cannot attach LoRA "sd15.safetensors" as one of its layers at least must be among the 88 of this model: got none of 1, the first "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q", which is of Stable Diffusion\'s U-Net',
  sdxl_te2:
    'Cannot attach LoRA "sdxl_te2.safetensors" as all of its layers must be in the model: got 1 of 9 that are not, the first "lora_te2_text_model_encoder_layers_0_mlp_fc1", which is of a second CLIP, which FLUX does not have; --lora-allow-unmatched leaves them out',
  model:
    'Cannot read "model.safetensors" as a LoRA as some of its arrays must be updates of layers: got none of 1, the first "double_blocks.0.img_attn.qkv.weight"',
  textual_inversion:
    'Cannot read "textual_inversion.safetensors" as a LoRA as some of its arrays must be updates of layers: got none of 1, the first "clip_l", which is a textual inversion',
  half:
    'Cannot read "half.safetensors" as a LoRA as each module must have all of its arrays: got 1 of 1 that have not, the first "proj_out" has no lora_B',
  far_block:
    'Cannot attach LoRA "far_block.safetensors" as all of its layers must be in the model: got 1 of 5 that are not, the first "transformer_blocks.7.attn.to_q", nearest is "transformer_blocks.0.attn.to_q"; --lora-allow-unmatched leaves them out',
  unknown_module:
    'Cannot attach LoRA "unknown_module.safetensors" as all of its layers must be in the model: got 1 of 9 that are not, the first "lora_unet_double_blocks_0_img_attn_other", nearest is "lora_unet_double_blocks_0_img_attn_qkv"; --lora-allow-unmatched leaves them out',
  wide:
    'Cannot attach LoRA "wide.safetensors" as "transformer_blocks.0.attn.to_q" of this model is 24 wide and gives 24: got a LoRA for 48 wide that gives 48, made for another model',
  modules_to_save:
    'Cannot attach LoRA "modules_to_save.safetensors" as all of its layers must be in the model: got 1 of 5 that are not, the first "transformer.x_embedder.weight", which is a whole array rather than an update of one; --lora-allow-unmatched leaves them out',
  position:
    'Cannot attach LoRA "position.safetensors" as all of its layers must be in the model: got 1 of 9 that are not, the first "text_encoder.embeddings.position_embedding", which is an embedding table, which takes no update; --lora-allow-unmatched leaves them out',
  rank_pattern:
    'Cannot read "rank_pattern.safetensors" as "transformer_blocks.0.attn.to_q" must have the rank of its config, 4, by which alpha is divided: got 2',
  dora_without:
    'Cannot read "dora_without.safetensors" as each layer must have a lora_magnitude_vector where its config has use_dora: got none for "transformer_blocks.0.attn.to_q"',
  nan:
    'Cannot read "nan.safetensors" as weights must be finite: got NaN or infinity in "transformer.transformer_blocks.0.attn.to_q.lora_A.weight" at element 0',
};
