import { ShapeError } from "../../errors.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { sameShape } from "../_axis.ts";
import { operandDevice } from "../_operands.ts";
import { output } from "../_output.ts";

/**
 * Rotary position embedding of neighbouring pairs.
 *
 * `y[2i] = x[2i] cos[i] - x[2i+1] sin[i]` and
 * `y[2i+1] = x[2i] sin[i] + x[2i+1] cos[i]`
 *
 * Source: Su et al. 2021, https://arxiv.org/abs/2104.09864; `apply_rope` in
 * black-forest-labs/flux@802fb47, `src/flux/math.py`.
 *
 * @param x Queries or keys, `[B, H, L, D]`, D even.
 * @param cos Cosines of the angles, `[L, D / 2]`.
 * @param sin Sines of the angles, `[L, D / 2]`.
 * @returns `[B, H, L, D]`, owned by the caller.
 *
 * @throws {ShapeError} If the tables do not fit.
 *
 * @example Usage
 * ```ts
 * import { openDevice, rope, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [3, 4], { shape: [1, 1, 1, 2] });
 * using cos = Tensor.from(device, [0], { shape: [1, 1] });
 * using sin = Tensor.from(device, [1], { shape: [1, 1] });
 * using y = rope(x, cos, sin); // [1, 1, 1, 2]
 * assert.deepEqual([...await y.data()], [-4, 3]);
 * ```
 */
export function rope(x: Tensor, cos: Tensor, sin: Tensor): Tensor {
  const device = operandDevice("rope", { x, cos, sin });
  const [, , L, D] = x.shape;
  if (
    x.shape.length !== 4 || D! % 2 !== 0 ||
    !sameShape(cos.shape, [L!, D! / 2]) || !sameShape(sin.shape, cos.shape)
  ) {
    throw new ShapeError(
      "rope",
      "cos and sin must be [L, D / 2] for x [B, H, L, D]",
      { x: x.shape, cos: cos.shape, sin: sin.shape },
    );
  }
  const y = output(
    device,
    x.shape,
    (y) => device.kernels.rope(y, x, cos, sin),
  ); // [B, H, L, D]
  return recorded(y, [x], (_, save) => { // the tables are constants
    const [cosines, sines] = [save(cos), save(sin)];
    return (dy) => { // rotates back
      const negated = output(
        device,
        sin.shape,
        (y) => device.kernels.unary(y, sines, "neg"),
      );
      return [
        output(
          device,
          x.shape,
          (dx) => device.kernels.rope(dx, dy, cosines, negated),
        ),
      ];
    };
  });
}
