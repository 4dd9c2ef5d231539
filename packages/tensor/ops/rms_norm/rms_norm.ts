import { ShapeError } from "../../errors.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { operandDevice } from "../_operands.ts";
import { output } from "../_output.ts";
import { sumAxes } from "../_sum_axes.ts";

/** Options of {@linkcode rmsNorm}. */
export interface RmsNormOptions {
  /**
   * Added to the mean square before the root, so that a row of zeros stays
   * finite.
   *
   * @default {1e-6}
   */
  readonly eps?: number | undefined;
}

/**
 * Root mean square norm over the last axis.
 *
 * `y = x / sqrt(mean(x²) + eps) * weight`
 *
 * Source: Zhang & Sennrich 2019, eq. 4, https://arxiv.org/abs/1910.07467;
 * `RMSNorm` in black-forest-labs/flux@802fb47, `src/flux/modules/layers.py`.
 *
 * @param x Input, `[..., D]`.
 * @param weight Learned gain, `[D]`.
 * @param options See {@linkcode RmsNormOptions}.
 * @returns `[..., D]`, owned by the caller.
 *
 * @throws {ShapeError} If the weight is not `[D]`.
 *
 * @example Usage
 * ```ts
 * import { openDevice, rmsNorm, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [2, -2]);
 * using weight = Tensor.from(device, [1, 3]);
 * using y = rmsNorm(x, weight, { eps: 0 }); // [2]
 * assert.deepEqual([...await y.data()], [1, -3]);
 * ```
 */
export function rmsNorm(
  x: Tensor,
  weight: Tensor,
  options: RmsNormOptions = {},
): Tensor {
  const { eps = 1e-6 } = options;
  const device = operandDevice("rmsNorm", { x, weight });
  if (weight.shape.length !== 1 || weight.shape[0] !== x.shape.at(-1)) {
    throw new ShapeError("rmsNorm", "weight must be [D] for x [..., D]", {
      x: x.shape,
      weight: weight.shape,
    });
  }
  const y = output(
    device,
    x.shape,
    (y) => device.kernels.rmsNorm(y, x, weight, eps),
  ); // [..., D]
  return recorded(y, [x, weight], ([needsX, needsWeight], save) => {
    const values = save(x);
    const gain = save(weight);
    const rows = new Set(x.shape.keys());
    rows.delete(x.shape.length - 1);
    return (dy) => [
      needsX
        ? output(device, x.shape, (dx) => {
          device.kernels.rmsNormGradient(dx, values, dy, {
            weight: gain,
            eps,
          });
        })
        : undefined,
      needsWeight
        ? sumAxes(
          output(device, x.shape, (product) => {
            using ones = output(
              device,
              weight.shape,
              (y) => device.kernels.affine(y, gain, 0, 1),
            ); // [D]
            using normed = output(
              device,
              x.shape,
              (y) => device.kernels.rmsNorm(y, values, ones, eps),
            );
            device.kernels.binary(product, dy, normed, "mul");
          }),
          rows,
        )
        : undefined,
    ];
  });
}
