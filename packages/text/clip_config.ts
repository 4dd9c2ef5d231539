import { integerIn, LIMITS, positiveTo } from "@edit-transfer/files/limits";
import { parseModelConfig } from "@edit-transfer/weights";
import { z } from "zod";

/** Sizes of a CLIP text encoder, from its `config.json`. */
export interface ClipTextConfig {
  /** Rows of the token table. */
  readonly vocabSize: number;
  /** Model width C. */
  readonly hiddenSize: number;
  /** Width M of the MLP. */
  readonly intermediateSize: number;
  /** Transformer layers. */
  readonly layers: number;
  /** Attention heads H; the head width is C / H. */
  readonly heads: number;
  /** Rows of the position table, so the most tokens in a text. */
  readonly maxPositions: number;
  /** Activation of the MLP. */
  readonly activation: "quick_gelu" | "gelu";
  /** Added to the variance in the layer norms. */
  readonly layerNormEps: number;
  /**
   * Id of the end-of-text token, whose state is the pooled output; 2 is the old
   * convention and stands for the largest id of the text.
   */
  readonly eosTokenId: number;
}

const width = integerIn(LIMITS.width);

const schema = z.object({
  model_type: z.literal(
    "clip_text_model",
    'must be "clip_text_model" for a CLIP text encoder',
  ).default("clip_text_model"),
  vocab_size: integerIn(LIMITS.vocabulary).default(49408),
  hidden_size: width,
  intermediate_size: width,
  num_hidden_layers: integerIn([1, LIMITS.layers[1]]),
  num_attention_heads: integerIn(LIMITS.heads),
  max_position_embeddings: integerIn(LIMITS.textLength).default(77),
  hidden_act: z.enum(["quick_gelu", "gelu"], {
    error: 'must be "quick_gelu" or "gelu"',
  }).default("quick_gelu"),
  layer_norm_eps: positiveTo(1).default(1e-5),
  eos_token_id: integerIn([0, LIMITS.vocabulary[1]]).default(49407),
}).refine((config) => config.hidden_size % config.num_attention_heads === 0, {
  path: ["num_attention_heads"],
  error: "must divide hidden_size",
});

/**
 * Reads the config of a CLIP text encoder.
 *
 * Source: `CLIPTextConfig` of huggingface/transformers 5.23.0,
 * models/clip/configuration_clip.py; a field that is left out has its default.
 *
 * @param json Parsed `config.json`.
 * @param path Where it was read, for messages.
 * @returns The sizes.
 *
 * @throws {FormatError} If a field does not fit or the architecture is another.
 *
 * @example Usage
 * ```ts
 * import { parseClipTextConfig } from "@edit-transfer/text";
 * import assert from "node:assert/strict";
 *
 * const config = parseClipTextConfig({
 *   architectures: ["CLIPTextModel"],
 *   hidden_size: 768,
 *   intermediate_size: 3072,
 *   num_hidden_layers: 12,
 *   num_attention_heads: 12,
 *   eos_token_id: 2,
 * }, "text_encoder/config.json");
 *
 * assert.equal(config.maxPositions, 77);
 * assert.equal(config.activation, "quick_gelu");
 * ```
 */
export function parseClipTextConfig(
  json: unknown,
  path: string,
): ClipTextConfig {
  const config = parseModelConfig(json, schema, {
    path,
    architecture: "CLIPTextModel",
  });
  return {
    vocabSize: config.vocab_size,
    hiddenSize: config.hidden_size,
    intermediateSize: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    maxPositions: config.max_position_embeddings,
    activation: config.hidden_act,
    layerNormEps: config.layer_norm_eps,
    eosTokenId: config.eos_token_id,
  };
}
