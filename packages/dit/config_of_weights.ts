import { countBlocks, type WeightSource } from "@edit-transfer/weights";
import { type FluxConfig, parseFluxConfig } from "./config.ts";

/**
 * Architecture of a FLUX.1 transformer, from the names and shapes of its
 * weights, for files that have no config beside them.
 *
 * What shapes do not tell is as in FLUX.1: position axes rotate 1/8, 7/16 and
 * 7/16 of a head.
 *
 * @param source Weights under the names of diffusers.
 * @returns The architecture: FLUX.1-schnell has no `guidanceEmbeds`, -Fill has
 * 384 `inChannels`.
 *
 * @throws {WeightError} If an array that tells a width is not there.
 * @throws {FormatError} If widths do not fit each other.
 *
 * @example Usage
 * ```ts
 * import { fluxConfigOf } from "@edit-transfer/dit";
 * import { openWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * await using source = await openWeights("models/micro/transformer");
 * const config = fluxConfigOf(source);
 *
 * assert.equal(config.numSingleLayers, 4);
 * assert.deepEqual(config.axesDimsRope, [8, 28, 28]);
 * ```
 */
export function fluxConfigOf(source: WeightSource): FluxConfig {
  const extent = (name: string, axis: 0 | 1) => source.info(name).shape[axis];
  const names = [...source.names()];
  const norm = names.find((name) => name.endsWith("attn.norm_q.weight")) ??
    "transformer_blocks.0.attn.norm_q.weight";
  const D = extent(norm, 0) ?? 0;
  const C = extent("x_embedder.weight", 0) ?? 0;
  return parseFluxConfig({
    in_channels: extent("x_embedder.weight", 1),
    out_channels: extent("proj_out.weight", 0),
    num_layers: countBlocks(names, "transformer_blocks."),
    num_single_layers: countBlocks(names, "single_transformer_blocks."),
    attention_head_dim: D,
    num_attention_heads: C / D,
    joint_attention_dim: extent("context_embedder.weight", 1),
    pooled_projection_dim: extent(
      "time_text_embed.text_embedder.linear_1.weight",
      1,
    ),
    guidance_embeds: source.has(
      "time_text_embed.guidance_embedder.linear_1.weight",
    ),
    axes_dims_rope: [D / 8, 7 * D / 16, 7 * D / 16],
  }, source.path);
}
