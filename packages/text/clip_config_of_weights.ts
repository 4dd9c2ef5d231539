import { countBlocks, type WeightSource } from "@edit-transfer/weights";
import { type ClipTextConfig, parseClipTextConfig } from "./clip_config.ts";

/**
 * Sizes of a CLIP text encoder, from the names and shapes of its weights, for
 * files that have no config beside them.
 *
 * What shapes do not tell is as in CLIP-L: heads of width 64, quick GELU, and
 * the end of a text is the last token of the table.
 *
 * @param source Weights under the names of transformers, with `text_model.`.
 * @returns The sizes.
 *
 * @throws {WeightError} If an array that tells a width is not there.
 * @throws {FormatError} If widths do not fit each other.
 *
 * @example Usage
 * ```ts
 * import { clipConfigOf } from "@edit-transfer/text";
 * import { memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * assert.throws(() => clipConfigOf(memoryWeights({})), { name: "WeightError" });
 * ```
 */
export function clipConfigOf(source: WeightSource): ClipTextConfig {
  const extent = (name: string, axis: 0 | 1) =>
    source.info(`text_model.${name}`).shape[axis] ?? 0;
  const vocabulary = extent("embeddings.token_embedding.weight", 0);
  const C = extent("embeddings.token_embedding.weight", 1);
  return parseClipTextConfig({
    vocab_size: vocabulary,
    hidden_size: C,
    intermediate_size: extent("encoder.layers.0.mlp.fc1.weight", 0),
    num_hidden_layers: countBlocks(
      source.names(),
      "text_model.encoder.layers.",
    ),
    num_attention_heads: C / 64,
    max_position_embeddings: extent("embeddings.position_embedding.weight", 0),
    eos_token_id: vocabulary - 1,
  }, source.path);
}
