import { countBlocks, type WeightSource } from "@edit-transfer/weights";
import { parseVaeConfig, type VaeConfig } from "./config.ts";

/**
 * Architecture of an autoencoder, from the names and shapes of its weights, for
 * files that have no config beside them.
 *
 * What shapes do not tell is as in FLUX.1: 32 groups in a norm, latents scaled
 * by 0.3611 after a shift of 0.1159, images of 1024 pixels a side.
 *
 * @param source Weights under the names of diffusers.
 * @returns The architecture and the latent statistics.
 *
 * @throws {WeightError} If an array that tells a width is not there.
 * @throws {FormatError} If widths do not fit each other.
 *
 * @example Usage
 * ```ts
 * import { vaeConfigOf } from "@edit-transfer/vae";
 * import { memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * assert.throws(() => vaeConfigOf(memoryWeights({})), {
 *   message: 'Cannot find weight "decoder.conv_in.weight" in "memory": it is empty',
 * });
 * ```
 */
export function vaeConfigOf(source: WeightSource): VaeConfig {
  const names = [...source.names()];
  const latentChannels = source.info("decoder.conv_in.weight").shape[1];
  const levels = countBlocks(names, "encoder.down_blocks.");
  return parseVaeConfig({
    block_out_channels: Array.from(
      { length: levels },
      (_, i) =>
        source.info(`encoder.down_blocks.${i}.resnets.0.conv1.weight`).shape[0],
    ),
    layers_per_block: countBlocks(names, "encoder.down_blocks.0.resnets."),
    latent_channels: latentChannels,
    mid_block_add_attention: source.has(
      "encoder.mid_block.attentions.0.to_q.weight",
    ),
    use_quant_conv: source.has("quant_conv.weight"),
    use_post_quant_conv: source.has("post_quant_conv.weight"),
    norm_num_groups: 32,
    sample_size: 1024,
    scaling_factor: 0.3611,
    shift_factor: 0.1159,
  }, source.path);
}
