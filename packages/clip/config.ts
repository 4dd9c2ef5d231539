import { integerIn, LIMITS } from "@edit-transfer/files/limits";
import { type ClipTextConfig, parseClipTextConfig } from "@edit-transfer/text";
import { parseModelConfig } from "@edit-transfer/weights";
import { z } from "zod";
import {
  type ClipVisionConfig,
  parseClipVisionConfig,
} from "./vision_config.ts";

/** Sizes of a CLIP model with both towers, from its `config.json`. */
export interface ClipConfig {
  /** Tower of texts. */
  readonly text: ClipTextConfig;
  /** Tower of pictures. */
  readonly vision: ClipVisionConfig;
  /** Width P of the features that both towers are projected to. */
  readonly projectionSize: number;
}

/** What transformers takes for the text fields that a config leaves out. */
const TEXT_DEFAULTS = {
  hidden_size: 512,
  intermediate_size: 2048,
  num_hidden_layers: 12,
  num_attention_heads: 8,
};

const part = z.record(z.string(), z.unknown(), "must be an object").nullish();

const schema = z.object({
  model_type: z.literal("clip", 'must be "clip" for a CLIP model').default(
    "clip",
  ),
  projection_dim: integerIn(LIMITS.width).default(512),
  text_config: part,
  text_config_dict: part,
  vision_config: part,
  vision_config_dict: part,
});

/**
 * Reads the config of a CLIP model with both towers.
 *
 * Source: `CLIPConfig` of huggingface/transformers 5.23.0,
 * models/clip/configuration_clip.py, in which `text_config_dict` with the
 * defaults of what it leaves out takes the place of `text_config`, where an old
 * file has both; a field that is left out has its default.
 *
 * @param json Parsed `config.json`.
 * @param path Where it was read, for messages.
 * @returns The sizes.
 *
 * @throws {FormatError} If a field does not fit or the architecture is another.
 *
 * @example Usage
 * ```ts
 * import { parseClipConfig } from "@edit-transfer/clip";
 * import assert from "node:assert/strict";
 *
 * const { text, vision, projectionSize } = parseClipConfig({
 *   architectures: ["CLIPModel"],
 *   projection_dim: 768,
 *   text_config: { hidden_size: 768, num_attention_heads: 12 },
 *   vision_config: { hidden_size: 1024, num_attention_heads: 16, patch_size: 14 },
 * }, "clip-vit-large-patch14/config.json");
 *
 * assert.equal(text.layers, 12);
 * assert.equal(vision.patchSize, 14);
 * assert.equal(projectionSize, 768);
 * ```
 */
export function parseClipConfig(json: unknown, path: string): ClipConfig {
  const config = parseModelConfig(json, schema, {
    path,
    architecture: "CLIPModel",
  });
  const text = config.text_config_dict ?? config.text_config ?? {};
  const vision = config.vision_config_dict ?? config.vision_config ?? {};
  return {
    text: parseClipTextConfig(
      { ...TEXT_DEFAULTS, ...text },
      `${path} text_config`,
    ),
    vision: parseClipVisionConfig(vision, `${path} vision_config`),
    projectionSize: config.projection_dim,
  };
}
