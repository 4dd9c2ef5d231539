import { recorded, type Tensor, unrecorded } from "../../tensor.ts";
import { extentOf, resolveAxis } from "../_axis.ts";
import { operandDevice } from "../_operands.ts";
import { output } from "../_output.ts";
import { sumAxes } from "../_sum_axes.ts";

/** Options of {@linkcode sum} and {@linkcode mean}. */
export interface SumOptions {
  /**
   * Axes to sum over; negative ones count from the end.
   *
   * @default {all axes}
   */
  readonly axes?: readonly number[] | undefined;
  /**
   * Whether these axes stay, with extent 1.
   *
   * @default {false}
   */
  readonly keepDims?: boolean | undefined;
}

/**
 * Sum over some axes, `y = Σ x`, always in the same order.
 *
 * @param x Input, `[...]`, f32.
 * @param options See {@linkcode SumOptions}.
 * @returns The axes that are left, `[]` for all; owned by the caller.
 *
 * @throws {RangeError} If there is no such axis.
 *
 * @example Usage
 * ```ts
 * import { openDevice, sum, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, 2, 3, 4], { shape: [2, 2] });
 * using y = sum(x, { axes: [0] }); // [2]
 * assert.deepEqual([...await y.data()], [4, 6]);
 * ```
 */
export function sum(x: Tensor, options: SumOptions = {}): Tensor {
  return scaledSum("sum", x, { ...options, scale: () => 1 });
}

/**
 * Mean over some axes, `y = Σ x / n`.
 *
 * @param x Input, `[...]`, f32.
 * @param options See {@linkcode SumOptions}.
 * @returns The axes that are left, `[]` for all; owned by the caller.
 *
 * @throws {RangeError} If there is no such axis.
 *
 * @example Usage
 * ```ts
 * import { mean, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, 2, 3, 6]);
 * using y = mean(x); // []
 * assert.deepEqual([...await y.data()], [3]);
 * ```
 */
export function mean(x: Tensor, options: SumOptions = {}): Tensor {
  return scaledSum("mean", x, { ...options, scale: (n) => 1 / n });
}

function scaledSum(
  op: string,
  x: Tensor,
  { axes = x.shape.map((_, i) => i), keepDims = false, scale }:
    & SumOptions
    & { scale: (n: number) => number },
): Tensor {
  const device = operandDevice(op, { x });
  const summed = new Set(
    axes.map((axis) => resolveAxis(op, axis, x.shape.length)),
  );
  const factor = scale(extentOf(x.shape.filter((_, i) => summed.has(i))));
  const kept = x.shape.map((extent, i) => summed.has(i) ? 1 : extent);
  const y = unrecorded(() => {
    const total = summed.size === 0
      ? output(device, kept, (y) => device.kernels.affine(y, x, 1, 0))
      : sumAxes(x, summed);
    const scaled = factor === 1
      ? total
      : output(device, kept, (y) => device.kernels.affine(y, total, factor, 0));
    const shaped = keepDims
      ? scaled
      : scaled.reshape(kept.filter((_, i) => !summed.has(i)));
    for (const used of [total, scaled]) if (used !== shaped) used.dispose();
    return shaped;
  });
  return recorded(y, [x], () => (dy) => {
    const spread = dy.reshape(kept);
    const half = output(
      device,
      kept,
      (half) => device.kernels.affine(half, spread, factor / 2, 0),
    );
    return [
      output(
        device,
        x.shape,
        (dx) => device.kernels.binary(dx, half, half, "add"),
      ),
    ];
  });
}
