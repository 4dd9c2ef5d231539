import { integerIn, LIMITS, positiveTo } from "@edit-transfer/files/limits";
import { parseModelConfig } from "@edit-transfer/weights";
import { z } from "zod";

/** Sizes of a T5 v1.1 encoder, from its `config.json`. */
export interface T5Config {
  /** Rows of the token table. */
  readonly vocabSize: number;
  /** Model width C. */
  readonly modelSize: number;
  /** Head width D; H·D need not be C. */
  readonly headSize: number;
  /** Width M of the MLP. */
  readonly feedForwardSize: number;
  /** Transformer blocks. */
  readonly layers: number;
  /** Attention heads H. */
  readonly heads: number;
  /** Buckets of the relative position bias, even. */
  readonly buckets: number;
  /** Distance from which on all positions share the last bucket. */
  readonly maxDistance: number;
  /** Added to the mean square in the norms. */
  readonly layerNormEps: number;
}

const width = integerIn(LIMITS.width);

const schema = z.object({
  model_type: z.literal("t5", 'must be "t5" for a T5 encoder').default("t5"),
  vocab_size: integerIn(LIMITS.vocabulary).default(32128),
  d_model: width,
  d_kv: width.default(64),
  d_ff: width,
  num_layers: integerIn([1, LIMITS.layers[1]]),
  num_heads: integerIn(LIMITS.heads),
  relative_attention_num_buckets: width.default(32).refine(
    (n) => n % 4 === 0,
    "must be a multiple of 4",
  ),
  relative_attention_max_distance: width.default(128),
  layer_norm_epsilon: positiveTo(1).default(1e-6),
  feed_forward_proj: z.literal(
    "gated-gelu",
    'must be "gated-gelu", which makes it a T5 v1.1',
  ),
}).refine(
  (config) =>
    config.relative_attention_max_distance >
      config.relative_attention_num_buckets / 4,
  {
    path: ["relative_attention_max_distance"],
    error: "must be greater than relative_attention_num_buckets / 4",
  },
);

/**
 * Reads the config of a T5 v1.1 encoder.
 *
 * Source: `T5Config` of huggingface/transformers 5.23.0,
 * models/t5/configuration_t5.py; a field that is left out has its default.
 *
 * @param json Parsed `config.json`.
 * @param path Where it was read, for messages.
 * @returns The sizes.
 *
 * @throws {FormatError} If a field does not fit or the architecture is another.
 *
 * @example Usage
 * ```ts
 * import { parseT5Config } from "@edit-transfer/text";
 * import assert from "node:assert/strict";
 *
 * const json = { d_model: 4096, d_ff: 10240, num_layers: 24, num_heads: 64 };
 * const path = "text_encoder_2/config.json";
 *
 * const config = parseT5Config({ ...json, feed_forward_proj: "gated-gelu" }, path);
 * assert.equal(config.buckets, 32);
 * assert.throws(() => parseT5Config({ ...json, feed_forward_proj: "relu" }, path), {
 *   name: "FormatError",
 *   message: 'Cannot read "text_encoder_2/config.json" as "feed_forward_proj" ' +
 *     'must be "gated-gelu", which makes it a T5 v1.1: got "relu"',
 * });
 * ```
 */
export function parseT5Config(json: unknown, path: string): T5Config {
  const config = parseModelConfig(json, schema, {
    path,
    architecture: "T5EncoderModel",
  });
  return {
    vocabSize: config.vocab_size,
    modelSize: config.d_model,
    headSize: config.d_kv,
    feedForwardSize: config.d_ff,
    layers: config.num_layers,
    heads: config.num_heads,
    buckets: config.relative_attention_num_buckets,
    maxDistance: config.relative_attention_max_distance,
    layerNormEps: config.layer_norm_epsilon,
  };
}
