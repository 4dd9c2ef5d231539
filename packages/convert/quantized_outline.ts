import type { OpenedModel } from "@edit-transfer/pipeline";
import { KEY_MAP_GGUF_T5 } from "@edit-transfer/text";
import {
  BLOCKS,
  dtypeBytes,
  type GgmlBlockName,
  type GgmlTypeName,
  KEY_MAP_BFL_FLUX,
  mapKeys,
  type WeightSource,
} from "@edit-transfer/weights";
import { inGgufNames } from "./plan.ts";
import { type ConvertType, typeOf } from "./rules.ts";

/** What `convert --quantize` makes the matrices, by its bits. */
export const QUANTIZED_AS = { 8: "q8_0", 4: "q4_k" } as const;

/**
 * A model as if `convertModel` had quantised it: its weights say so, and cannot
 * be read.
 *
 * @param model Model of which the outline is made; it stays the caller's.
 * @param type Type of its matrices, see {@linkcode CONVERT_TYPES}.
 * @returns The outline, which needs no closing.
 *
 * @example Usage
 * ```ts
 * import { quantizedOutline } from "@edit-transfer/convert";
 * import { openModel } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * const model = await openModel("models/micro");
 * await using _ = model.folder;
 * const { weights } = quantizedOutline(model, "q8_0").folder.transformer;
 * const { stored } = weights.info("transformer_blocks.0.ff.net.0.proj.weight");
 * assert.equal(stored?.type, "Q8_0");
 * ```
 */
export function quantizedOutline(
  model: OpenedModel,
  type: ConvertType,
): OpenedModel {
  const { folder, loras } = model;
  const { transformer, t5 } = inGgufNames(folder);
  const [flux, text] = [KEY_MAP_BFL_FLUX, KEY_MAP_GGUF_T5];
  return {
    folder: {
      ...folder,
      transformer: {
        ...folder.transformer,
        weights: mapKeys(converted(transformer, type), flux),
      },
      t5: { ...folder.t5, weights: mapKeys(converted(t5, type), text) },
    },
    loras,
  };
}

/** Arrays of a GGUF file that is not written. */
function converted(weights: WeightSource, otherwise: ConvertType) {
  const refuse = () =>
    Promise.reject(new Error("Cannot read weights of an outline"));
  return {
    path: weights.path,
    metadata: weights.metadata,
    names: () => weights.names(),
    has: (name: string) => weights.has(name),
    info(name: string) {
      const info = weights.info(name);
      const type = typeOf(info, { rules: [], otherwise });
      const elements = info.shape.reduce((n, extent) => n * extent, 1);
      const array = { name, shape: info.shape };
      if (!isQuantized(type)) {
        const sizeBytes = dtypeBytes(type) * elements;
        return { ...array, dtype: type, sizeBytes };
      }
      const { blockElements, blockBytes } = BLOCKS[type];
      return {
        ...array,
        dtype: "F32" as const,
        sizeBytes: 4 * elements,
        stored: { type, sizeBytes: elements / blockElements * blockBytes },
      };
    },
    read: refuse,
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function isQuantized(type: GgmlTypeName): type is GgmlBlockName {
  return type in BLOCKS;
}
