import { countBlocks, type WeightSource } from "@edit-transfer/weights";
import { parseT5Config, type T5Config } from "./t5_config.ts";

const ATTENTION = "encoder.block.0.layer.0.SelfAttention";

/**
 * Sizes of a T5 v1.1 encoder, from the names and shapes of its weights, for
 * files that have no config beside them.
 *
 * What shapes do not tell is as in T5-XXL: distances of 128 tokens and more
 * share a bucket.
 *
 * @param source Weights under the names of transformers.
 * @returns The sizes.
 *
 * @throws {WeightError} If an array that tells a width is not there.
 * @throws {FormatError} If widths do not fit each other.
 *
 * @example Usage
 * ```ts
 * import { t5ConfigOf } from "@edit-transfer/text";
 * import { openWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * await using source = await openWeights("models/micro/text_encoder_2");
 *
 * assert.equal(t5ConfigOf(source).heads, 3);
 * ```
 */
export function t5ConfigOf(source: WeightSource): T5Config {
  const extent = (name: string, axis: 0 | 1) =>
    source.info(name).shape[axis] ?? 0;
  const table = source.has("shared.weight")
    ? "shared.weight"
    : "encoder.embed_tokens.weight";
  const bias = `${ATTENTION}.relative_attention_bias.weight`;
  const heads = extent(bias, 1);
  return parseT5Config({
    vocab_size: extent(table, 0),
    d_model: extent(table, 1),
    d_kv: extent(`${ATTENTION}.q.weight`, 0) / heads,
    d_ff: extent("encoder.block.0.layer.1.DenseReluDense.wi_0.weight", 0),
    num_layers: countBlocks(source.names(), "encoder.block."),
    num_heads: heads,
    relative_attention_num_buckets: extent(bias, 0),
    feed_forward_proj: "gated-gelu",
  }, source.path);
}
