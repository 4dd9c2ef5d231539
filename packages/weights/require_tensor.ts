import { nearestName } from "./nearest_name.ts";
import { WeightError } from "./weight_error.ts";
import type { TensorInfo, WeightSource } from "./weight_source.ts";

/**
 * What a source says about an array that a model cannot do without.
 *
 * @param source Weights.
 * @param name Name of the array.
 * @param shape Extents that it must have.
 * @returns Its type, shape and size.
 *
 * @throws {WeightError} If it is missing, naming the nearest name, or of
 * another shape.
 *
 * @example Usage
 * ```ts
 * import { memoryWeights, requireTensor } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const source = memoryWeights({
 *   "proj.weight": { dtype: "F32", shape: [2, 1], data: Float32Array.of(1, 2) },
 * });
 *
 * assert.equal(requireTensor(source, "proj.weight", [2, 1]).sizeBytes, 8);
 * assert.throws(() => requireTensor(source, "proj.bias", [2]), {
 *   message: 'Cannot find weight "proj.bias" in "memory": nearest is "proj.weight"',
 * });
 * ```
 */
export function requireTensor(
  source: WeightSource,
  name: string,
  shape: readonly number[],
): TensorInfo {
  if (!source.has(name)) throw missingWeight(source, name);
  const info = source.info(name);
  const fits = info.shape.length === shape.length &&
    info.shape.every((extent, axis) => extent === shape[axis]);
  if (!fits) {
    throw new WeightError(
      `Cannot use weight "${name}" of "${source.path}" as its shape must be ` +
        `[${shape.join(", ")}]: got [${info.shape.join(", ")}]`,
      { path: source.path, weight: name },
    );
  }
  return info;
}

/** The error for an array that a source does not have. */
export function missingWeight(
  source: Pick<WeightSource, "path" | "names">,
  name: string,
): WeightError {
  const { path } = source;
  const nearest = nearestName(name, source.names());
  return new WeightError(
    `Cannot find weight "${name}" in "${path}": ` +
      (nearest === undefined ? "it is empty" : `nearest is "${nearest}"`),
    { path, weight: name, nearest },
  );
}
