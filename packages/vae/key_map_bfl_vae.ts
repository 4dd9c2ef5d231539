import type { KeyMap, KeyMapEntry } from "@edit-transfer/weights";

/** Layers of a residual block. */
const RESNET = {
  norm1: "norm1",
  conv1: "conv1",
  norm2: "norm2",
  conv2: "conv2",
  nin_shortcut: "conv_shortcut",
};
const ATTENTION = { q: "to_q", k: "to_k", v: "to_v", proj_out: "to_out.0" };

function resnet(from: string, to: string): KeyMapEntry[] {
  return Object.entries(RESNET).map(([layer, here]) => ({
    from: `${from}.${layer}`,
    to: `${to}.${here}`,
  }));
}

/** Layers of both the encoder and the decoder. */
function coder(name: "encoder" | "decoder"): KeyMapEntry[] {
  const attention = `${name}.mid_block.attentions.0`;
  return [
    { from: `${name}.conv_in`, to: `${name}.conv_in` },
    ...resnet(`${name}.mid.block_1`, `${name}.mid_block.resnets.0`),
    { from: `${name}.mid.attn_1.norm`, to: `${attention}.group_norm` },
    ...Object.entries(ATTENTION).map(([layer, here]): KeyMapEntry => ({
      from: `${name}.mid.attn_1.${layer}`,
      to: `${attention}.${here}`,
      pointwise: true,
    })),
    ...resnet(`${name}.mid.block_2`, `${name}.mid_block.resnets.1`),
    { from: `${name}.norm_out`, to: `${name}.conv_norm_out` },
    { from: `${name}.conv_out`, to: `${name}.conv_out` },
  ];
}

/**
 * Names of Black Forest Labs' `ae.safetensors`, which are those of latent
 * diffusion. Blocks of its decoder count from the full size down.
 *
 * Source: black-forest-labs/flux@802fb47, `src/flux/modules/autoencoder.py`,
 * mapped as `convert_ldm_vae_checkpoint` of huggingface/diffusers v0.42.1,
 * `src/diffusers/loaders/single_file_utils.py`, does.
 */
export const KEY_MAP_BFL_VAE: KeyMap = [
  ...coder("encoder"),
  ...resnet(
    "encoder.down.{i}.block.{j}",
    "encoder.down_blocks.{i}.resnets.{j}",
  ),
  {
    from: "encoder.down.{i}.downsample.conv",
    to: "encoder.down_blocks.{i}.downsamplers.0.conv",
  },
  { from: "quant_conv", to: "quant_conv" },

  { from: "post_quant_conv", to: "post_quant_conv" },
  ...coder("decoder"),
  ...resnet("decoder.up.{i}.block.{j}", "decoder.up_blocks.{-i}.resnets.{j}"),
  {
    from: "decoder.up.{i}.upsample.conv",
    to: "decoder.up_blocks.{-i}.upsamplers.0.conv",
  },
];
