/**
 * Which tokens of a composite are to be made: 1 in its bottom-right quadrant.
 *
 * @param rows Rows of tokens of the whole composite, even.
 * @param columns Columns of tokens of the whole composite, even.
 * @returns `[rows · columns]` of 0 and 1, row by row.
 *
 * @throws {RangeError} If an extent is not even.
 *
 * @example Usage
 * ```ts
 * import { panelMask } from "@edit-transfer/composite";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...panelMask(2, 2)], [0, 0, 0, 1]);
 * ```
 */
export function panelMask(rows: number, columns: number): Float32Array {
  if (rows % 2 !== 0 || columns % 2 !== 0) {
    throw new RangeError(
      `Cannot halve the composite as rows and columns must be even: got ${rows}×${columns} tokens`,
    );
  }
  return Float32Array.from(
    { length: rows * columns },
    (_, i) =>
      Math.floor(i / columns) >= rows / 2 && i % columns >= columns / 2 ? 1 : 0,
  );
}
