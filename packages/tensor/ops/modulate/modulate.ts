import { ShapeError } from "../../errors.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { operandDevice } from "../_operands.ts";
import { output } from "../_output.ts";
import { sumAxes } from "../_sum_axes.ts";

/**
 * Adaptive shift and scale of every token, `y = x (1 + scale) + shift`.
 *
 * Source: Peebles & Xie 2023, https://arxiv.org/abs/2212.09748; `Modulation`
 * in black-forest-labs/flux@802fb47, `src/flux/modules/layers.py`.
 *
 * @param x Tokens, `[B, L, C]`.
 * @param shift Shift, `[B, C]`.
 * @param scale Scale, `[B, C]`; 0 changes nothing.
 * @returns `[B, L, C]`, owned by the caller.
 *
 * @throws {ShapeError} If shift or scale is not `[B, C]`.
 *
 * @example Usage
 * ```ts
 * import { modulate, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, 2], { shape: [1, 2, 1] });
 * using shift = Tensor.from(device, [10], { shape: [1, 1] });
 * using scale = Tensor.from(device, [1], { shape: [1, 1] });
 * using y = modulate(x, shift, scale); // [1, 2, 1]
 * assert.deepEqual([...await y.data()], [12, 14]);
 * ```
 */
export function modulate(x: Tensor, shift: Tensor, scale: Tensor): Tensor {
  const device = operandDevice("modulate", { x, shift, scale });
  const [B, , C] = x.shape;
  const fits = (v: Tensor) =>
    v.shape.length === 2 && v.shape[0] === B && v.shape[1] === C;
  if (x.shape.length !== 3 || !fits(shift) || !fits(scale)) {
    throw new ShapeError(
      "modulate",
      "shift and scale must be [B, C] for x [B, L, C]",
      { x: x.shape, shift: shift.shape, scale: scale.shape },
    );
  }
  const y = output(
    device,
    x.shape,
    (y) => device.kernels.modulate(y, x, shift, scale),
  ); // [B, L, C]
  return recorded(
    y,
    [x, shift, scale],
    ([needsX, needsShift, needsScale], save) => {
      const gain = needsX ? save(scale) : undefined;
      const values = needsScale ? save(x) : undefined;
      const rows = [B!, 1, C!];
      const sumTokens = (x: Tensor) => sumAxes(x, new Set([1])); // [B, 1, C]
      const product = (a: Tensor, b: Tensor) =>
        output(
          device,
          x.shape,
          (y) => device.kernels.binary(y, a, b, "mul"),
        ); // [B, L, C]
      return (dy) => [
        gain && product(
          dy,
          output(
            device,
            rows,
            (y) => device.kernels.affine(y, gain, 1, 1),
          ),
        ),
        needsShift ? sumTokens(dy) : undefined,
        values && sumTokens(product(dy, values)),
      ];
    },
  );
}
