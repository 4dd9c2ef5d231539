/**
 * Number of blocks that names count, e.g. layers of a model.
 *
 * @param names Names of arrays.
 * @param stem Text in front of the number, e.g. `"encoder.layers."`.
 * @returns One more than the largest number between `stem` and a dot; 0 if there
 * is none.
 *
 * @example Usage
 * ```ts
 * import { countBlocks } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * assert.equal(countBlocks(["layers.0.weight", "layers.11.weight", "norm"], "layers."), 12);
 * ```
 */
export function countBlocks(names: Iterable<string>, stem: string): number {
  let count = 0;
  for (const name of names) {
    if (!name.startsWith(stem)) continue;
    const digits = name.slice(stem.length).match(/^\d{1,4}(?=\.)/)?.[0];
    if (digits !== undefined) count = Math.max(count, Number(digits) + 1);
  }
  return count;
}
