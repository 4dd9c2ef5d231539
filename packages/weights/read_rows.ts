import { rowBytes, type RowRange } from "./row_range.ts";
import type { WeightSource } from "./weight_source.ts";

/**
 * Reads some rows of an array, without the others where the source can.
 *
 * @param source Weights.
 * @param name Name of the array.
 * @param rows Which rows, along the first axis.
 * @param into Memory that may be used for the result, as large or larger.
 * @returns Their little-endian bytes, the start of `into` or owned by the caller.
 *
 * @throws {WeightError} If the array is not there.
 * @throws {RangeError} If it has not so many rows.
 *
 * @example Usage
 * ```ts
 * import { memoryWeights, readRows } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const source = memoryWeights({
 *   x: { dtype: "U8", shape: [3, 2], data: Uint8Array.of(1, 2, 3, 4, 5, 6) },
 * });
 *
 * assert.deepEqual([...await readRows(source, "x", { start: 1, end: 3 })], [3, 4, 5, 6]);
 * ```
 */
export async function readRows(
  source: WeightSource,
  name: string,
  rows: RowRange,
  into?: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { start, size } = rowBytes(source.info(name), rows);
  if (source.readRows !== undefined) {
    return await source.readRows(name, rows, into);
  }
  const bytes = await source.read(name);
  return bytes.slice(start, start + size);
}
