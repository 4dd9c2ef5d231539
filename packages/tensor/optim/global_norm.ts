import { concat } from "../ops/concat/concat.ts";
import { sum } from "../ops/sum/sum.ts";
import { square } from "../ops/unary/unary.ts";
import { scope } from "../scope.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Norm of all gradients together, `√ Σᵢ Σ gᵢ²`.
 *
 * The squares of each tensor are summed on its device, and these sums on the
 * host in float64. A gradient that is not finite makes the norm not finite.
 *
 * @param grads Gradients, `[...]` each, f32, on one device.
 * @returns The norm; 0 for no tensors.
 *
 * @throws {DeviceError} If work queued so far was invalid or the device was lost.
 *
 * @example Usage
 * ```ts
 * import { globalNorm, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using a = Tensor.from(device, [3, 0]);
 * using b = Tensor.from(device, [4]);
 * assert.equal(await globalNorm([a, b]), 5);
 * ```
 */
export async function globalNorm(grads: readonly Tensor[]): Promise<number> {
  if (grads.length === 0) return 0;
  using sums = scope(() =>
    concat(
      grads.map((grad) => scope(() => sum(square(grad)).reshape([1]))),
      0,
    )
  ); // [number of tensors]
  let total = 0;
  for (const squares of await sums.data()) total += squares;
  return Math.sqrt(total);
}
