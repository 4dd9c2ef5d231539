/**
 * Text encoders and their tokenisers: CLIP and T5.
 *
 * Letters in shapes: B texts, T tokens in a text, C model width, H heads,
 * D head width, M width of the MLP.
 *
 * @example Usage
 * ```ts
 * import { parseT5Config, relativePositionBucket } from "@edit-transfer/text";
 * import assert from "node:assert/strict";
 *
 * const config = parseT5Config(
 *   { d_model: 64, d_ff: 128, num_layers: 2, num_heads: 2, feed_forward_proj: "gated-gelu" },
 *   "text_encoder_2/config.json",
 * );
 * assert.equal(relativePositionBucket(200, config), config.buckets - 1);
 * ```
 *
 * @module
 */
export * from "./clip_config.ts";
export * from "./clip_config_of_weights.ts";
export * from "./clip_layers.ts";
export * from "./clip_text_encoder.ts";
export * from "./forward_options.ts";
export * from "./key_map_gguf_t5.ts";
export * from "./relative_position_bucket.ts";
export * from "./t5_config.ts";
export * from "./t5_config_of_weights.ts";
export * from "./t5_encoder.ts";
export * from "./tokenizer.ts";
