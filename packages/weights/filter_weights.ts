import { missingWeight } from "./require_tensor.ts";
import type { WeightSource } from "./weight_source.ts";

/**
 * Weights without some of their arrays.
 *
 * @param source Weights, which become the result's to close.
 * @param keep Whether an array stays, by its name.
 * @returns The arrays that stay; `source` itself if all do.
 *
 * @example Usage
 * ```ts
 * import { filterWeights, memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const one = { dtype: "F32", shape: [1], data: Float32Array.of(1) } as const;
 * const source = filterWeights(
 *   memoryWeights({ "proj.weight": one, "logit_scale": one }),
 *   (name) => name !== "logit_scale",
 * );
 *
 * assert.deepEqual([...source.names()], ["proj.weight"]);
 * ```
 */
export function filterWeights(
  source: WeightSource,
  keep: (name: string) => boolean,
): WeightSource {
  const names = new Set([...source.names()].filter(keep));
  if (names.size === [...source.names()].length) return source;
  const { path, metadata, readRows, readStored } = source;
  const checked = (name: string) => {
    if (!names.has(name)) {
      throw missingWeight({ path, names: () => names }, name);
    }
    return name;
  };
  return {
    path,
    metadata,
    names: () => names,
    has: (name) => names.has(name),
    info: (name) => source.info(checked(name)),
    // deno-lint-ignore require-await
    read: async (name) => source.read(checked(name)),
    ...readRows && {
      // deno-lint-ignore require-await
      readRows: async (name, rows, into) =>
        readRows.call(source, checked(name), rows, into),
    },
    ...readStored && {
      // deno-lint-ignore require-await
      readStored: async (name, rows, into) =>
        readStored.call(source, checked(name), rows, into),
    },
    close: () => source.close(),
    [Symbol.asyncDispose]: () => source.close(),
  };
}
