/**
 * The diffusion transformer of FLUX.1: tokens of a noisy image and of a text
 * in, the velocity of each image token out.
 *
 * Text and image run beside each other through the double blocks, then as one
 * sequence through the single blocks; attention is always over both.
 *
 * ```ts
 * import { parseFluxConfig } from "@edit-transfer/dit";
 * import assert from "node:assert/strict";
 *
 * const config = parseFluxConfig({
 *   in_channels: 64,
 *   num_layers: 1,
 *   num_single_layers: 4,
 *   attention_head_dim: 64,
 *   num_attention_heads: 3,
 *   joint_attention_dim: 96,
 *   pooled_projection_dim: 64,
 *   axes_dims_rope: [8, 28, 28],
 * }, "transformer/config.json");
 *
 * assert.equal(config.hiddenSize, 192);
 * ```
 *
 * @module
 */
export { type FluxConfig, parseFluxConfig } from "./config.ts";
export { fluxConfigOf } from "./config_of_weights.ts";
export type { AttentionHeads, AttentionSeam } from "./attention_seam.ts";
export type { FluxInputs, FluxTokens } from "./flux_inputs.ts";
export {
  type FluxLoadOptions,
  FluxTransformer,
  type KeepOptions,
} from "./flux_transformer.ts";
export { KeptTokens, type KeysValues } from "./kept_tokens.ts";
