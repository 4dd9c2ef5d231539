import { recorded } from "../autograd/recording.ts";
import { ShapeError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import { operandDevice } from "./_operands.ts";
import { output } from "./_output.ts";
import { sumAxes } from "./_sum_axes.ts";

/**
 * Affine map of the last axis, `y = x Wᵀ + bias`.
 *
 * @param x Input, `[..., K]`, f32.
 * @param weight Weight, `[N, K]`, f32, f16, bf16 or quantised.
 * @param bias Bias, `[N]`, f32, if there is one.
 * @returns `[..., N]`, owned by the caller.
 *
 * @throws {ShapeError} If the weight or the bias does not fit.
 * @throws {TypeError} If an operand has another type or device.
 *
 * @example Usage
 * ```ts
 * import { linear, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * const device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, 2]);
 * using weight = Tensor.from(device, [1, 0, 0, 1, 1, 1], { shape: [3, 2] });
 * using bias = Tensor.from(device, [0, 0, 10]);
 * using y = linear(x, weight, bias); // [3]
 * assert.deepEqual([...await y.data()], [1, 2, 13]);
 * device.destroy();
 * ```
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const device = operandDevice("linear", { x, bias }, {}, { weight });
  const [N, K] = weight.shape;
  if (
    N === undefined || K === undefined || weight.shape.length !== 2 ||
    x.shape.at(-1) !== K
  ) {
    throw new ShapeError("linear", "weight must be [N, K] for x [..., K]", {
      x: x.shape,
      weight: weight.shape,
    });
  }
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== N)) {
    throw new ShapeError("linear", "bias must be [N] for weight [N, K]", {
      weight: weight.shape,
      bias: bias.shape,
    });
  }
  const shape = [...x.shape.slice(0, -1), N]; // [..., N]
  const M = x.size / K;
  const product = (
    [a, b]: readonly [a: Tensor, b: Tensor],
    options: {
      shape: readonly number[];
      M: number;
      N: number;
      K: number;
      transposeA?: boolean;
      transposeB?: boolean;
      bias?: Tensor | undefined;
    },
  ) =>
    output(device, options.shape, (y) =>
      device.kernels.matmul(y, a, b, {
        batch: 1,
        transposeA: false,
        transposeB: false,
        sharedA: true,
        sharedB: true,
        bias: undefined,
        ...options,
      }));
  const y = product([x, weight], { shape, M, N, K, transposeB: true, bias });
  return recorded(
    y,
    [x, weight, bias],
    ([needsX, needsWeight, needsBias], save) => {
      const right = needsX ? save(weight) : undefined;
      const left = needsWeight ? save(x) : undefined;
      return (dy) => [
        right && product([dy, right], { shape: x.shape, M, N: K, K: N }),
        left && weightGradient(dy, left),
        needsBias ? sumAxes(dy.reshape([M, N]), new Set([0])) : undefined,
      ];
      /** `dyᵀ x` [N, K]; whichever of the two is narrower is turned. */
      function weightGradient(dy: Tensor, x: Tensor): Tensor {
        const turned = { K: M, transposeA: true };
        if (N! <= K!) {
          return product([dy, x], { shape: [N!, K!], M: N!, N: K!, ...turned });
        }
        const back = product([x, dy], {
          shape: [K!, N!],
          M: K!,
          N: N!,
          ...turned,
        });
        return output(device, [N!, K!], (y) => {
          device.kernels.permute(y, back, [1, 0]);
        });
      }
    },
  );
}
