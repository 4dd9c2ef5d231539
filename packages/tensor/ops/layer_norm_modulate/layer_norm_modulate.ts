import { ShapeError } from "../../errors.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { sameShape } from "../_axis.ts";
import { operandDevice } from "../_operands.ts";
import { output } from "../_output.ts";
import { sumAxes } from "../_sum_axes.ts";

/** Options of {@linkcode layerNormModulate}. */
export interface LayerNormModulateOptions {
  /** Shift of each sample, `[B, C]`. */
  shift: Tensor;
  /** Scale of each sample, `[B, C]`; 0 changes nothing. */
  scale: Tensor;
  /**
   * Added to the variance before the root.
   *
   * @default {1e-6}
   */
  readonly eps?: number | undefined;
}

/**
 * Layer norm without parameters, then adaptive scale and shift, in one pass.
 *
 * `y = (x - mean(x)) / sqrt(var(x) + eps) * (1 + scale) + shift`
 *
 * Source: Peebles & Xie 2023, section 3.2, https://arxiv.org/abs/2212.09748.
 *
 * @param x Tokens, `[B, L, C]`.
 * @param options See {@linkcode LayerNormModulateOptions}.
 * @returns `[B, L, C]`, owned by the caller.
 *
 * @throws {ShapeError} If shift or scale is not `[B, C]`.
 *
 * @example Usage
 * ```ts
 * import { layerNormModulate, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, 3], { shape: [1, 1, 2] });
 * using shift = Tensor.from(device, [10, 10], { shape: [1, 2] });
 * using scale = Tensor.from(device, [0, 1], { shape: [1, 2] });
 * using y = layerNormModulate(x, { shift, scale, eps: 0 }); // [1, 1, 2]
 * assert.deepEqual([...await y.data()], [9, 12]);
 * ```
 */
export function layerNormModulate(
  x: Tensor,
  options: LayerNormModulateOptions,
): Tensor {
  const { shift, scale, eps = 1e-6 } = options;
  const device = operandDevice("layerNormModulate", { x, shift, scale });
  const { kernels } = device;
  const [B, , C] = x.shape;
  const fits = (v: Tensor) => sameShape(v.shape, [B!, C!]);
  if (x.shape.length !== 3 || !fits(shift) || !fits(scale)) {
    throw new ShapeError(
      "layerNormModulate",
      "shift and scale must be [B, C] for x [B, L, C]",
      { x: x.shape, shift: shift.shape, scale: scale.shape },
    );
  }
  const y = output(
    device,
    x.shape,
    (y) => kernels.layerNormModulate(y, x, { shift, scale, eps }),
  ); // [B, L, C]
  return recorded(
    y,
    [x, shift, scale],
    ([needsX, needsShift, needsScale], save) => {
      const values = needsX || needsScale ? save(x) : undefined;
      const gain = needsX ? save(scale) : undefined;
      const plain = { weight: undefined, bias: undefined, eps };
      const made = (write: (y: Tensor) => void) =>
        output(device, x.shape, write); // [B, L, C]
      const sumTokens = (x: Tensor) => sumAxes(x, new Set([1])); // [B, 1, C]
      const gradientOfX = (dy: Tensor) => {
        using factor = output(
          device,
          [B!, 1, C!],
          (y) => kernels.affine(y, gain!, 1, 1),
        );
        using normed = made((y) => kernels.binary(y, dy, factor, "mul"));
        return made((dx) =>
          kernels.layerNormGradient(dx, values!, normed, {
            weight: undefined,
            eps,
          })
        );
      };
      const gradientOfScale = (dy: Tensor) => {
        using normed = made((y) => kernels.layerNorm(y, values!, plain));
        using product = made((y) => kernels.binary(y, dy, normed, "mul"));
        return sumTokens(product);
      };
      return (dy) => [
        needsX ? gradientOfX(dy) : undefined,
        needsShift ? sumTokens(dy) : undefined,
        needsScale ? gradientOfScale(dy) : undefined,
      ];
    },
  );
}
