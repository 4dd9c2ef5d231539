import { recorded, type Tensor } from "../../tensor.ts";
import { operandDevice } from "../_operands.ts";
import { output } from "../_output.ts";

/**
 * Scales and shifts by numbers, `y = alpha x + beta`.
 *
 * @param x Input, `[...]`, f32.
 * @param alpha Factor.
 * @param beta Summand.
 * @returns `[...]`, owned by the caller.
 *
 * @example Usage
 * ```ts
 * import { affine, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [0, 1]);
 * using y = affine(x, 2, -1); // [2]
 * assert.deepEqual([...await y.data()], [-1, 1]);
 * ```
 */
export function affine(x: Tensor, alpha: number, beta: number): Tensor {
  const device = operandDevice("affine", { x });
  const y = output(
    device,
    x.shape,
    (y) => device.kernels.affine(y, x, alpha, beta),
  ); // [...]
  return recorded(y, [x], () => (dy) => [
    output(
      device,
      x.shape,
      (dx) => device.kernels.affine(dx, dy, alpha, 0),
    ),
  ]);
}
