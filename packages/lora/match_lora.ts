import type { Linear } from "@edit-transfer/tensor";
import { nearestName } from "@edit-transfer/weights";
import { LoraError, type UnmatchedLora } from "./lora_error.ts";
import type { LoraFile } from "./lora_file.ts";

/** Which layers of a LoRA a model has. */
export interface LoraMatch {
  /** Paths of the layers that the model has, in the order of the file. */
  readonly matched: readonly string[];
  /** The others, and layers of other widths. */
  readonly unmatched: readonly UnmatchedLora[];
}

/** Most unmatched entries for which the nearest layer is looked for. */
const NEAREST_LIMIT = 20;

/**
 * Compares the layers of a LoRA with those of a model.
 *
 * @param shapes `[out, in]` of each layer of the model, by path.
 * @param lora LoRA, from {@linkcode readLora}.
 * @returns What fits, and what does not and why.
 *
 * @example Usage
 * ```ts
 * import { matchLora, readLora } from "@edit-transfer/lora";
 * import { memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const data = new Float32Array(4);
 * const lora = await readLora(memoryWeights({
 *   "transformer.blocks.0.lora_A.weight": { dtype: "F32", shape: [1, 4], data },
 *   "transformer.blocks.0.lora_B.weight": { dtype: "F32", shape: [4, 1], data },
 * }));
 *
 * const { unmatched } = matchLora(new Map([["blocks.1", [4, 4]]]), lora);
 * assert.deepEqual(unmatched, [{
 *   key: "blocks.0",
 *   reason: "the model has no such layer",
 *   nearest: "blocks.1",
 * }]);
 * ```
 */
export function matchLora(
  shapes: ReadonlyMap<string, readonly number[]>,
  lora: Pick<LoraFile, "pairs">,
): LoraMatch {
  const matched: string[] = [];
  const unmatched: UnmatchedLora[] = [];
  for (const [key, { A, B }] of lora.pairs) {
    const shape = shapes.get(key);
    if (shape === undefined) {
      const nearest = unmatched.length < NEAREST_LIMIT
        ? nearestName(key, shapes.keys())
        : undefined;
      unmatched.push({ key, reason: "the model has no such layer", nearest });
    } else if (shape[0] !== B.shape[0] || shape[1] !== A.shape[1]) {
      const got = [B.shape[0], A.shape[1]].join(", ");
      const reason = `is [${got}], in the model [${shape.join(", ")}]`;
      unmatched.push({ key, reason, nearest: undefined });
    } else matched.push(key);
  }
  return { matched, unmatched };
}

/** `[out, in]` of each layer. */
export function shapesOf(
  linears: ReadonlyMap<string, Linear>,
): Map<string, readonly number[]> {
  return new Map(
    [...linears].map(([path, { weight }]) => [path, weight.shape]),
  );
}

/**
 * Matches a LoRA and a model that are to be used together: all layers must
 * match, or one at least where unmatched ones are allowed; a layer of another
 * width is always an error.
 *
 * @param shapes `[out, in]` of the layers of the model, see {@linkcode layerShapes}.
 * @param options The LoRA, what is to be done with it, and whether layers that
 * the model does not have are left out.
 * @returns Which layers match.
 *
 * @throws {LoraError} If it does not fit.
 *
 * @example Usage
 * ```ts
 * import { requireMatch } from "@edit-transfer/lora";
 * import assert from "node:assert/strict";
 *
 * assert.throws(
 *   () =>
 *     requireMatch(new Map([["proj", [2, 3]]]), {
 *       file: { path: "a.safetensors", pairs: new Map() },
 *       verb: "attach",
 *       allowUnmatched: false,
 *     }),
 *   { name: "LoraError" },
 * );
 * ```
 */
export function requireMatch(
  shapes: ReadonlyMap<string, readonly number[]>,
  options: {
    file: Pick<LoraFile, "path" | "pairs">;
    verb: "attach" | "merge";
    allowUnmatched: boolean;
  },
): LoraMatch {
  const { file: { path, pairs }, verb, allowUnmatched } = options;
  const match = matchLora(shapes, { pairs });
  const { matched, unmatched } = match;
  const other = unmatched.find(({ key }) => shapes.has(key));
  if (other !== undefined) {
    const [out, into] = shapes.get(other.key)!;
    const { A, B } = pairs.get(other.key)!;
    throw new LoraError(
      `Cannot ${verb} LoRA "${path}" as "${other.key}" of this model is ${into} wide and gives ${out}: ` +
        `got a LoRA for ${A.shape[1]} wide that gives ${
          B.shape[0]
        }, made for another model`,
      { path },
    );
  }
  if (matched.length > 0 && (unmatched.length === 0 || allowUnmatched)) {
    return match;
  }
  const [first] = unmatched;
  const example = first === undefined ? "" : `, the first "${first.key}"` +
    (first.nearest === undefined ? "" : `, nearest is "${first.nearest}"`);
  throw new LoraError(
    matched.length === 0
      ? `Cannot ${verb} LoRA "${path}" as none of its ${pairs.size} layers is among the ${shapes.size} of this model: got a LoRA for another model${example}`
      : `Cannot ${verb} LoRA "${path}" as all of its layers must be in the model: got ${unmatched.length} of ${pairs.size} that are not${example}`,
    { path, unmatched },
  );
}
