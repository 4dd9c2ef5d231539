import { ShapeError } from "../../errors.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { operandDevice } from "../_operands.ts";
import { output } from "../_output.ts";
import { sumAxes } from "../_sum_axes.ts";

/** Options of {@linkcode layerNorm}. */
export interface LayerNormOptions {
  /** Learned gain, `[C]`; 1 if absent. */
  readonly weight?: Tensor | undefined;
  /** Learned offset, `[C]`; 0 if absent. */
  readonly bias?: Tensor | undefined;
  /**
   * Added to the variance before the root.
   *
   * @default {1e-6}
   */
  readonly eps?: number | undefined;
}

/**
 * Layer norm over the last axis.
 *
 * `y = (x - mean(x)) / sqrt(var(x) + eps) * weight + bias`, with the biased
 * variance.
 *
 * Source: Ba et al. 2016, https://arxiv.org/abs/1607.06450.
 *
 * @param x Input, `[..., C]`.
 * @param options See {@linkcode LayerNormOptions}.
 * @returns `[..., C]`, owned by the caller.
 *
 * @throws {ShapeError} If weight or bias is not `[C]`.
 *
 * @example Usage
 * ```ts
 * import { layerNorm, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, 3]);
 * using y = layerNorm(x, { eps: 0 }); // [2]
 * assert.deepEqual([...await y.data()], [-1, 1]);
 * ```
 */
export function layerNorm(x: Tensor, options: LayerNormOptions = {}): Tensor {
  const { weight, bias, eps = 1e-6 } = options;
  const device = operandDevice("layerNorm", { x, weight, bias });
  const C = x.shape.at(-1);
  for (const [name, v] of [["weight", weight], ["bias", bias]] as const) {
    if (v !== undefined && (v.shape.length !== 1 || v.shape[0] !== C)) {
      throw new ShapeError("layerNorm", `${name} must be [C] for x [..., C]`, {
        x: x.shape,
        [name]: v.shape,
      });
    }
  }
  const y = output(
    device,
    x.shape,
    (y) => device.kernels.layerNorm(y, x, { weight, bias, eps }),
  ); // [..., C]
  return recorded(
    y,
    [x, weight, bias],
    ([needsX, needsWeight, needsBias], save) => {
      const values = needsX || needsWeight ? save(x) : undefined;
      const gain = needsX && weight ? save(weight) : undefined;
      const rows = new Set(x.shape.keys());
      rows.delete(x.shape.length - 1);
      return (dy) => [
        needsX
          ? output(device, x.shape, (dx) => {
            device.kernels.layerNormGradient(dx, values!, dy, {
              weight: gain,
              eps,
            });
          })
          : undefined,
        needsWeight
          ? sumAxes(
            output(device, x.shape, (product) => {
              using normed = output(device, x.shape, (y) => {
                const plain = { weight: undefined, bias: undefined, eps };
                device.kernels.layerNorm(y, values!, plain);
              });
              device.kernels.binary(product, dy, normed, "mul");
            }),
            rows,
          )
          : undefined,
        needsBias ? sumAxes(dy, rows) : undefined,
      ];
    },
  );
}
