/** What an image token belongs to. */
export type Segment = "before" | "after" | "query" | "answer";

/**
 * Rows of tokens, in the order that is asked for.
 *
 * @param tokens `[I, C]`.
 * @param rows Indices of rows, n of them.
 * @param width C.
 * @returns `[n, C]`.
 *
 * @example Usage
 * ```ts
 * import { takeRows } from "@edit-transfer/composite";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...takeRows([1, 2, 3, 4], [1], 2)], [3, 4]);
 * ```
 */
export function takeRows(
  tokens: ArrayLike<number>,
  rows: readonly number[],
  width: number,
): Float32Array<ArrayBuffer> {
  const taken = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    for (let c = 0; c < width; c++) {
      taken[i * width + c] = tokens[row * width + c]!;
    }
  });
  return taken;
}

/**
 * Tokens with some rows replaced: the inverse of {@linkcode takeRows}.
 *
 * @param tokens `[I, C]`.
 * @param rows Indices of rows, n of them.
 * @param values What stands there, `[n, C]`.
 * @returns `[I, C]`.
 *
 * @example Usage
 * ```ts
 * import { putRows } from "@edit-transfer/composite";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...putRows([1, 2, 3, 4], [1], [7, 8])], [1, 2, 7, 8]);
 * ```
 */
export function putRows(
  tokens: ArrayLike<number>,
  rows: readonly number[],
  values: ArrayLike<number>,
): Float32Array<ArrayBuffer> {
  const width = values.length / rows.length;
  const whole = Float32Array.from(tokens);
  rows.forEach((row, i) => {
    for (let c = 0; c < width; c++) {
      whole[row * width + c] = values[i * width + c]!;
    }
  });
  return whole;
}
