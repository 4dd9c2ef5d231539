import { rowBytes, type RowRange } from "./row_range.ts";
import type { WeightSource } from "./weight_source.ts";
import { WeightError } from "./weight_error.ts";

/**
 * Reads the quantised blocks of an array as the file has them.
 *
 * @param source Weights.
 * @param name Name of an array whose info says how it is `stored`.
 * @param rows Which rows, along the first axis; all by default.
 * @param into Memory that may be used for the result, as large or larger.
 * @returns Their blocks, the start of `into` or owned by the caller.
 *
 * @throws {WeightError} If the array is not there, or not stored in blocks.
 * @throws {RangeError} If it has not so many rows.
 *
 * @example Usage
 * ```ts
 * import { memoryWeights, readStored } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const source = memoryWeights({
 *   x: { dtype: "F32", shape: [1], data: Float32Array.of(1) },
 * });
 *
 * await assert.rejects(readStored(source, "x"), { name: "WeightError" });
 * ```
 */
export async function readStored(
  source: WeightSource,
  name: string,
  rows?: RowRange,
  into?: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { stored, ...info } = source.info(name);
  if (stored === undefined || source.readStored === undefined) {
    throw new WeightError(
      `Cannot read blocks of tensor "${name}" of "${source.path}" as it must be quantised: got ${info.dtype}`,
      { path: source.path },
    );
  }
  if (rows !== undefined) rowBytes(info, rows);
  return await source.readStored(name, rows, into);
}
