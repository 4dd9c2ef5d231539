import type { WeightSource } from "@edit-transfer/weights";

/**
 * Shapes of the layers of a part of a model that a LoRA can change, by path.
 *
 * @param source Weights of a transformer or of a text encoder.
 * @returns `[out, in]` of each linear layer, `[n]` of each gain of a norm of
 * queries and keys.
 *
 * @example Usage
 * ```ts
 * import { layerShapes } from "@edit-transfer/lora";
 * import { memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const data = new Float32Array(6);
 * const source = memoryWeights({
 *   "proj_out.weight": { dtype: "F32", shape: [2, 3], data },
 * });
 *
 * assert.deepEqual(layerShapes(source), new Map([["proj_out", [2, 3]]]));
 * ```
 */
export function layerShapes(
  source: WeightSource,
): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const name of source.names()) {
    const { shape } = source.info(name);
    const path = name.match(/^(?:text_model\.)?(.+)\.weight$/)?.[1];
    if (path === undefined || TABLE.test(path)) continue;
    if (shape.length === 2 || shape.length === 1 && GAIN.test(path)) {
      shapes.set(path, shape);
    }
  }
  return shapes;
}

/** Tables, which are no linear layers though they are matrices. */
const TABLE =
  /(?:^|\.)(?:token_embedding|position_embedding|embed_tokens|shared|relative_attention_bias|text_projection)$/;
/** Norms whose gain a LoRA may change. */
const GAIN = /\.norm_(?:added_)?[qk]$/;

/** Older files of CLIP have a name in front of all. */
export function arrayStart(
  source: Pick<WeightSource, "has">,
  path: string,
): string {
  return source.has(`text_model.${path}.weight`) ? `text_model.${path}` : path;
}
