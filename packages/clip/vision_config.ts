import { integerIn, LIMITS, positiveTo } from "@edit-transfer/files/limits";
import type { ClipLayersConfig } from "@edit-transfer/text";
import { parseModelConfig } from "@edit-transfer/weights";
import { z } from "zod";

/** Sizes of a CLIP vision tower, from the `vision_config` of its `config.json`. */
export interface ClipVisionConfig extends ClipLayersConfig {
  /** Channels of its pictures: 3, or 6 for EditCLIP's pairs. */
  readonly channels: number;
  /** Side of a picture in pixels. */
  readonly imageSize: number;
  /** Side of a patch in pixels. */
  readonly patchSize: number;
}

const schema = z.object({
  model_type: z.literal(
    "clip_vision_model",
    'must be "clip_vision_model" for a CLIP vision tower',
  ).default("clip_vision_model"),
  hidden_size: integerIn(LIMITS.width).default(768),
  intermediate_size: integerIn(LIMITS.width).default(3072),
  num_hidden_layers: integerIn([1, LIMITS.layers[1]]).default(12),
  num_attention_heads: integerIn(LIMITS.heads).default(12),
  num_channels: integerIn([1, 64]).default(3),
  image_size: integerIn(LIMITS.side).default(224),
  patch_size: integerIn(LIMITS.side).default(32),
  hidden_act: z.enum(["quick_gelu", "gelu"], {
    error: 'must be "quick_gelu" or "gelu"',
  }).default("quick_gelu"),
  layer_norm_eps: positiveTo(1).default(1e-5),
}).refine((config) => config.hidden_size % config.num_attention_heads === 0, {
  path: ["num_attention_heads"],
  error: "must divide hidden_size",
}).refine((config) => config.patch_size <= config.image_size, {
  path: ["patch_size"],
  error: "must be at most image_size",
});

/**
 * Reads the config of a CLIP vision tower.
 *
 * Source: `CLIPVisionConfig` of huggingface/transformers 5.23.0,
 * models/clip/configuration_clip.py; a field that is left out has its default.
 *
 * @param json Parsed `vision_config`.
 * @param path Where it was read, for messages.
 * @returns The sizes.
 *
 * @throws {FormatError} If a field does not fit or the architecture is another.
 *
 * @example Usage
 * ```ts
 * import { parseClipVisionConfig } from "@edit-transfer/clip";
 * import assert from "node:assert/strict";
 *
 * const config = parseClipVisionConfig({ patch_size: 14 }, "config.json");
 * assert.equal(config.imageSize, 224);
 * assert.equal(config.channels, 3);
 * ```
 */
export function parseClipVisionConfig(
  json: unknown,
  path: string,
): ClipVisionConfig {
  const config = parseModelConfig(json, schema, {
    path,
    architecture: "CLIPVisionModel",
  });
  return {
    hiddenSize: config.hidden_size,
    intermediateSize: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    channels: config.num_channels,
    imageSize: config.image_size,
    patchSize: config.patch_size,
    activation: config.hidden_act,
    layerNormEps: config.layer_norm_eps,
  };
}
