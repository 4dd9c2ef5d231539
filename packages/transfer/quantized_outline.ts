import {
  BLOCKS,
  type QuantizedTypeName,
  type WeightSource,
} from "@edit-transfer/weights";
import type { OpenedModel } from "./pipeline.ts";

/** What `convertModel` keeps as it is, by the names that models load. */
const KEPT =
  /^(x_embedder|context_embedder|time_text_embed|norm_out|proj_out|shared)\.|\.(norm1|norm1_context|norm)\.linear\.|\.(embed_tokens|relative_attention_bias)\./;

/**
 * A model as if `convertModel` had quantised it: its weights say so, and cannot
 * be read.
 */
export function quantizedOutline(
  { folder, loras }: OpenedModel,
  type: QuantizedTypeName,
): OpenedModel {
  const part = <P extends { readonly weights: WeightSource }>(part: P): P => ({
    ...part,
    weights: quantizedInfos(part.weights, type),
  });
  const { transformer, t5 } = folder;
  return {
    folder: { ...folder, transformer: part(transformer), t5: part(t5) },
    loras,
  };
}

function quantizedInfos(
  weights: WeightSource,
  type: QuantizedTypeName,
): WeightSource {
  const { blockElements, blockBytes } = BLOCKS[type];
  const refuse = () =>
    Promise.reject(new Error("Cannot read weights of an outline"));
  return {
    path: weights.path,
    metadata: weights.metadata,
    names: () => weights.names(),
    has: (name) => weights.has(name),
    info(name) {
      const info = weights.info(name);
      const { shape } = info;
      const whole = shape.length === 2 && shape[1]! % blockElements === 0;
      if (!whole || KEPT.test(name)) return info;
      const sizeBytes = shape[0]! * shape[1]! / blockElements * blockBytes;
      return { ...info, dtype: "F32", stored: { type, sizeBytes } };
    },
    read: refuse,
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
