import { add, mul, scope, type Tensor } from "@edit-transfer/tensor";

/**
 * Puts the known tokens back: `x m + z (1 − m)`.
 *
 * Source: `(1 − m)·z + m·latents` after each step in
 * CUC-MIPG/Edit-Transfer@c44a846, `toolkit/pipeline_flux_inpaint.py`.
 *
 * @param x Latents, `[1, I, C]`.
 * @param known Clean tokens, `[1, I, C]`, 0 where the mask is 1; the mask of
 * the layout, `[1, I, 1]`.
 * @returns Latents with the known tokens clean, `[1, I, C]`, owned by the caller.
 *
 * @example Usage
 * ```ts
 * import { keepClean } from "@edit-transfer/composite";
 * import { openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * const x = Tensor.from(device, [5, 6], { shape: [1, 2, 1] });
 * const clean = Tensor.from(device, [1, 0], { shape: [1, 2, 1] });
 * const mask = Tensor.from(device, [0, 1], { shape: [1, 2, 1] });
 * assert.deepEqual([...await keepClean(x, { clean, mask }).data()], [1, 6]);
 * ```
 */
export function keepClean(
  x: Tensor,
  known: { readonly clean: Tensor; readonly mask: Tensor },
): Tensor {
  return scope(() => add(mul(x, known.mask), known.clean)); // [1, I, C]
}
