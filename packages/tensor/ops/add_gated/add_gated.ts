import { ShapeError } from "../../errors.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { sameShape } from "../_axis.ts";
import { operandDevice } from "../_operands.ts";
import { output } from "../_output.ts";
import { sumAxes } from "../_sum_axes.ts";

/**
 * Gated residual of every token, `out = x + gate y`.
 *
 * Source: Peebles & Xie 2023, https://arxiv.org/abs/2212.09748; `Modulation`
 * in black-forest-labs/flux@802fb47, `src/flux/modules/layers.py`.
 *
 * @param x Residual stream, `[B, L, C]`.
 * @param gate Gate, `[B, C]`.
 * @param y Branch, `[B, L, C]`.
 * @returns `[B, L, C]`, owned by the caller.
 *
 * @throws {ShapeError} If the gate or the branch does not fit.
 *
 * @example Usage
 * ```ts
 * import { addGated, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, 2], { shape: [1, 2, 1] });
 * using gate = Tensor.from(device, [0.5], { shape: [1, 1] });
 * using y = Tensor.from(device, [10, 20], { shape: [1, 2, 1] });
 * using out = addGated(x, gate, y); // [1, 2, 1]
 * assert.deepEqual([...await out.data()], [6, 12]);
 * ```
 */
export function addGated(x: Tensor, gate: Tensor, y: Tensor): Tensor {
  const device = operandDevice("addGated", { x, gate, y });
  if (
    x.shape.length !== 3 || !sameShape(x.shape, y.shape) ||
    !sameShape(gate.shape, [x.shape[0]!, x.shape[2]!])
  ) {
    throw new ShapeError(
      "addGated",
      "gate must be [B, C] and y like x [B, L, C]",
      { x: x.shape, gate: gate.shape, y: y.shape },
    );
  }
  const out = output(
    device,
    x.shape,
    (out) => device.kernels.addGated(out, x, gate, y),
  ); // [B, L, C]
  return recorded(out, [x, gate, y], ([, needsGate, needsY], save) => {
    const branch = needsGate ? save(y) : undefined;
    const factor = needsY ? save(gate) : undefined;
    const product = (a: Tensor, b: Tensor) =>
      output(
        device,
        x.shape,
        (y) => device.kernels.binary(y, a, b, "mul"),
      ); // [B, L, C]
    return (dy) => [
      dy,
      branch && sumAxes(product(dy, branch), new Set([1])), // [B, 1, C]
      factor && product(dy, factor.reshape([x.shape[0]!, 1, x.shape[2]!])),
    ];
  });
}
