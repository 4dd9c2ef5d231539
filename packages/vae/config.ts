import {
  integerIn,
  LIMITS,
  numberIn,
  positiveTo,
} from "@edit-transfer/files/limits";
import { parseModelConfig } from "@edit-transfer/weights";
import { z } from "zod";

/** Architecture and latent statistics of an {@linkcode AutoencoderKl}. */
export interface VaeConfig {
  /** Channels at each level, from full size down. */
  readonly blockOutChannels: readonly number[];
  /** Residual blocks of each encoder level; the decoder has one more. */
  readonly layersPerBlock: number;
  /** Channels of a latent, c. */
  readonly latentChannels: number;
  /** Groups of each group norm. */
  readonly normNumGroups: number;
  /** Whether there is attention at the lowest level. */
  readonly midBlockAddAttention: boolean;
  /** Whether a 1×1 convolution follows the encoder. */
  readonly useQuantConv: boolean;
  /** Whether a 1×1 convolution precedes the decoder. */
  readonly usePostQuantConv: boolean;
  /** Side of the images it was made for, in pixels. */
  readonly sampleSize: number;
  /** Factor that brings latents to about unit variance. */
  readonly scalingFactor: number;
  /** Mean of latents, taken off before scaling. */
  readonly shiftFactor: number;
  /** Pixels a side of one latent, 2 ^ (levels - 1). */
  readonly downscale: number;
}

const RULES = {
  rgb: "must be 3",
  flag: "must be true or false",
  channels: `must be a list of ${LIMITS.levels.join(" to ")} integers`,
};
const width = integerIn(LIMITS.width);
const [fewest, most] = LIMITS.levels;
const flag = z.boolean(RULES.flag).default(true);
const blocks = (type: string) =>
  z.array(z.literal(type, `must be "${type}"`)).optional();

const schema = z.object({
  in_channels: z.literal(3, RULES.rgb).default(3),
  out_channels: z.literal(3, RULES.rgb).default(3),
  down_block_types: blocks("DownEncoderBlock2D"),
  up_block_types: blocks("UpDecoderBlock2D"),
  block_out_channels: z.array(width, RULES.channels)
    .min(fewest, RULES.channels).max(most, RULES.channels),
  layers_per_block: integerIn([1, 64]).default(1),
  act_fn: z.literal("silu", 'must be "silu"').default("silu"),
  latent_channels: width,
  norm_num_groups: width.default(32),
  sample_size: integerIn([2, 2 * LIMITS.side[1]]).default(32),
  scaling_factor: positiveTo(1e6),
  shift_factor: numberIn([-1e6, 1e6]).nullish(),
  use_quant_conv: flag,
  use_post_quant_conv: flag,
  mid_block_add_attention: flag,
}).superRefine(({ block_out_channels, norm_num_groups }, context) => {
  if (block_out_channels.every((n) => n % norm_num_groups === 0)) return;
  context.addIssue({
    code: "custom",
    path: ["block_out_channels"],
    message: `must be multiples of norm_num_groups ${norm_num_groups}`,
  });
});

/**
 * Reads the `vae/config.json` of a model folder.
 *
 * Source: `AutoencoderKL.__init__` in huggingface/diffusers v0.42.1,
 * `src/diffusers/models/autoencoders/autoencoder_kl.py`.
 *
 * @param json Parsed JSON; fields that are not needed are ignored.
 * @param path Where it was read, for messages.
 * @returns The architecture and the latent statistics.
 *
 * @throws {FormatError} If a field is missing or does not fit, or the file is of
 * another architecture.
 *
 * @example Usage
 * ```ts
 * import { parseVaeConfig } from "@edit-transfer/vae";
 * import assert from "node:assert/strict";
 *
 * const config = parseVaeConfig({
 *   _class_name: "AutoencoderKL",
 *   block_out_channels: [128, 256, 512, 512],
 *   latent_channels: 16,
 *   sample_size: 1024,
 *   scaling_factor: 0.3611,
 *   shift_factor: 0.1159,
 * }, "vae/config.json");
 *
 * assert.equal(config.downscale, 8);
 * ```
 */
export function parseVaeConfig(json: unknown, path: string): VaeConfig {
  const config = parseModelConfig(json, schema, {
    path,
    architecture: "AutoencoderKL",
  });
  return {
    blockOutChannels: config.block_out_channels,
    layersPerBlock: config.layers_per_block,
    latentChannels: config.latent_channels,
    normNumGroups: config.norm_num_groups,
    midBlockAddAttention: config.mid_block_add_attention,
    useQuantConv: config.use_quant_conv,
    usePostQuantConv: config.use_post_quant_conv,
    sampleSize: config.sample_size,
    scalingFactor: config.scaling_factor,
    shiftFactor: config.shift_factor ?? 0,
    downscale: 2 ** (config.block_out_channels.length - 1),
  };
}
