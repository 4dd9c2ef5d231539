import { ShapeError } from "../../errors.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { operandDevice } from "../_operands.ts";
import { output } from "../_output.ts";
import { sumAxes } from "../_sum_axes.ts";

/**
 * Enlarges an image by repeating its pixels, `y[i, j] = x[⌊i / f⌋, ⌊j / f⌋]`.
 *
 * @param x Image, `[B, h, w, C]`.
 * @param factor Whole factor f of both sides.
 * @returns `[B, f h, f w, C]`, owned by the caller.
 *
 * @throws {ShapeError} If `x` is not an image.
 * @throws {RangeError} If the factor is no integer >= 1.
 *
 * @example Usage
 * ```ts
 * import { openDevice, Tensor, upsampleNearest2d } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, 2], { shape: [1, 1, 2, 1] });
 * using y = upsampleNearest2d(x); // [1, 2, 4, 1]
 * assert.deepEqual([...await y.data()], [1, 1, 2, 2, 1, 1, 2, 2]);
 * ```
 */
export function upsampleNearest2d(x: Tensor, factor = 2): Tensor {
  const device = operandDevice("upsampleNearest2d", { x });
  if (x.shape.length !== 4) {
    throw new ShapeError("upsampleNearest2d", "x must be [B, h, w, C]", {
      x: x.shape,
    });
  }
  if (!Number.isInteger(factor) || factor < 1) {
    throw new RangeError(
      `Cannot run upsampleNearest2d as the factor must be an integer >= 1: got ${factor}`,
    );
  }
  const [B, h, w, C] = x.shape;
  const shape = [B!, h! * factor, w! * factor, C!]; // [B, f h, f w, C]
  const y = output(
    device,
    shape,
    (y) => device.kernels.upsampleNearest2d(y, x, factor),
  );
  return recorded(y, [x], () => (dy) => [
    sumAxes(dy.reshape([B! * h!, factor, w!, factor, C!]), new Set([1, 3])),
  ]);
}
