import { denseDType } from "../../dtype.ts";
import { ShapeError } from "../../errors.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { resolveAxis } from "../_axis.ts";
import { output } from "../_output.ts";

/**
 * Reorders axes, `y.shape[i] = x.shape[axes[i]]`.
 *
 * @param x Input, `[...]`, of any type but blocks.
 * @param axes Each axis of `x` once, in the new order.
 * @returns The reordered copy, owned by the caller.
 *
 * @throws {ShapeError} If `axes` is no permutation of the axes of `x`.
 *
 * @example Usage
 * ```ts
 * import { openDevice, permute, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, 2, 3, 4, 5, 6], { shape: [2, 3] });
 * using y = permute(x, [1, 0]); // [3, 2]
 * assert.deepEqual([...await y.data()], [1, 4, 2, 5, 3, 6]);
 * ```
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  denseDType("permute", x.dtype);
  const order = axes.map((axis) =>
    resolveAxis("permute", axis, x.shape.length)
  );
  if (
    order.length !== x.shape.length || new Set(order).size !== order.length
  ) {
    throw new ShapeError("permute", "axes must name each axis of x once", {
      x: x.shape,
      axes,
    });
  }
  const y = output(
    x.device,
    order.map((axis) => x.shape[axis]!),
    (y) => x.device.kernels.permute(y, x, order),
    x.dtype,
  );
  return recorded(y, [x], () => (dy) => {
    const back = order.map((_, axis) => order.indexOf(axis));
    return [
      output(
        x.device,
        x.shape,
        (dx) => x.device.kernels.permute(dx, dy, back),
      ),
    ];
  });
}
