/**
 * Positions of the image tokens, `(0, row, column)` over the whole grid.
 *
 * Source: `_prepare_latent_image_ids` in huggingface/diffusers@v0.42.1,
 * `pipelines/flux/pipeline_flux.py`.
 *
 * @param rows Rows of tokens.
 * @param columns Columns of tokens.
 * @returns `[rows · columns, 3]`, row by row.
 *
 * @example Usage
 * ```ts
 * import { gridIds } from "@edit-transfer/composite";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(gridIds(1, 2), [[0, 0, 0], [0, 0, 1]]);
 * ```
 */
export function gridIds(rows: number, columns: number): number[][] {
  return Array.from({ length: rows * columns }, (_, i) => [
    0,
    Math.floor(i / columns),
    i % columns,
  ]);
}
