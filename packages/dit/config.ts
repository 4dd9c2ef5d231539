import { integerIn, LIMITS } from "@edit-transfer/files/limits";
import { parseModelConfig } from "@edit-transfer/weights";
import { z } from "zod";

/** Architecture of a {@linkcode FluxTransformer}. */
export interface FluxConfig {
  /** Channels of an image token: 2×2 latents of 16 channels give 64. */
  readonly inChannels: number;
  /** Channels of the predicted velocity. */
  readonly outChannels: number;
  /** Number of double-stream blocks. */
  readonly numLayers: number;
  /** Number of single-stream blocks. */
  readonly numSingleLayers: number;
  /** Width of one head, D. */
  readonly attentionHeadDim: number;
  /** Number of heads, H. */
  readonly numAttentionHeads: number;
  /** Model width, C = H D. */
  readonly hiddenSize: number;
  /** Channels of the text states (T5). */
  readonly jointAttentionDim: number;
  /** Channels of the pooled text vector (CLIP). */
  readonly pooledProjectionDim: number;
  /** Whether the guidance scale is embedded. */
  readonly guidanceEmbeds: boolean;
  /** Share of D that each position axis rotates. */
  readonly axesDimsRope: readonly number[];
}

const RULES = {
  flag: "must be true or false",
  axes: "must be a list of at most 8 even numbers >= 2",
  axis: "must be an even number >= 2",
};
const width = integerIn(LIMITS.width);
const layers = integerIn(LIMITS.layers);
const axis = z.int(RULES.axis).min(2, RULES.axis).multipleOf(2, RULES.axis);

const schema = z.object({
  patch_size: z.literal(1, "must be 1").default(1),
  in_channels: width,
  out_channels: width.nullish(),
  num_layers: layers,
  num_single_layers: layers,
  attention_head_dim: width,
  num_attention_heads: integerIn(LIMITS.heads),
  joint_attention_dim: width,
  pooled_projection_dim: width,
  guidance_embeds: z.boolean(RULES.flag).default(false),
  axes_dims_rope: z.array(axis, RULES.axes).max(8, RULES.axes).default([
    16,
    56,
    56,
  ]),
}).superRefine((config, context) => {
  const { axes_dims_rope, attention_head_dim, num_attention_heads } = config;
  const [, most] = LIMITS.width;
  if (attention_head_dim * num_attention_heads > most) {
    context.addIssue({
      code: "custom",
      path: ["num_attention_heads"],
      message:
        `must be at most ${most} channels with heads of ${attention_head_dim}`,
    });
  }
  if (axes_dims_rope.reduce((a, b) => a + b, 0) === attention_head_dim) return;
  context.addIssue({
    code: "custom",
    path: ["axes_dims_rope"],
    message: `must add up to attention_head_dim ${attention_head_dim}`,
  });
});

/**
 * Reads the `transformer/config.json` of a FLUX model folder.
 *
 * Source: `FluxTransformer2DModel.__init__` in huggingface/diffusers v0.42.1,
 * `src/diffusers/models/transformers/transformer_flux.py`.
 *
 * @param json Parsed JSON; fields that are not needed are ignored.
 * @param path Where it was read, for messages.
 * @returns The architecture.
 *
 * @throws {FormatError} If a field is missing or does not fit, or the file is of
 * another architecture.
 *
 * @example Usage
 * ```ts
 * import { parseFluxConfig } from "@edit-transfer/dit";
 * import assert from "node:assert/strict";
 *
 * const config = parseFluxConfig({
 *   _class_name: "FluxTransformer2DModel",
 *   in_channels: 64,
 *   num_layers: 19,
 *   num_single_layers: 38,
 *   attention_head_dim: 128,
 *   num_attention_heads: 24,
 *   joint_attention_dim: 4096,
 *   pooled_projection_dim: 768,
 *   guidance_embeds: true,
 * }, "transformer/config.json");
 *
 * assert.equal(config.hiddenSize, 3072);
 * assert.equal(config.outChannels, 64);
 * ```
 */
export function parseFluxConfig(json: unknown, path: string): FluxConfig {
  const config = parseModelConfig(json, schema, {
    path,
    architecture: "FluxTransformer2DModel",
  });
  return {
    inChannels: config.in_channels,
    outChannels: config.out_channels ?? config.in_channels,
    numLayers: config.num_layers,
    numSingleLayers: config.num_single_layers,
    attentionHeadDim: config.attention_head_dim,
    numAttentionHeads: config.num_attention_heads,
    hiddenSize: config.num_attention_heads * config.attention_head_dim,
    jointAttentionDim: config.joint_attention_dim,
    pooledProjectionDim: config.pooled_projection_dim,
    guidanceEmbeds: config.guidance_embeds,
    axesDimsRope: config.axes_dims_rope,
  };
}
