import { recorded, type Tensor } from "../../tensor.ts";
import { operandDevice } from "../_operands.ts";
import { output } from "../_output.ts";

/**
 * Softmax over the last axis, `y[d] = exp(x[d]) / Σ_e exp(x[e])`.
 *
 * @param x Input, `[..., D]`.
 * @returns `[..., D]`, owned by the caller.
 *
 * @example Usage
 * ```ts
 * import { openDevice, softmax, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [300, 300]);
 * using y = softmax(x); // [2]
 * assert.deepEqual([...await y.data()], [0.5, 0.5]);
 * ```
 */
export function softmax(x: Tensor): Tensor {
  const device = operandDevice("softmax", { x });
  const y = output(
    device,
    x.shape,
    (y) => device.kernels.softmax(y, x),
  ); // [..., D]
  return recorded(y, [x], (_, save) => {
    const weights = save(y);
    return (dy) => [
      output(
        device,
        x.shape,
        (dx) => device.kernels.softmaxGradient(dx, weights, dy),
      ),
    ];
  });
}
