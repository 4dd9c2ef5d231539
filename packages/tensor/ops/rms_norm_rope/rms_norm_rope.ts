import { ShapeError } from "../../errors.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { sameShape } from "../_axis.ts";
import { operandDevice } from "../_operands.ts";
import { output } from "../_output.ts";
import { type HeadRows, rmsNormRopeRule } from "./rms_norm_rope_rule.ts";

export type { HeadRows } from "./rms_norm_rope_rule.ts";

/** Options of {@linkcode rmsNormRope}. */
export interface RmsNormRopeOptions {
  /** Cosines of the angles of all tokens, `[L, D / 2]`. */
  cos: Tensor;
  /** Sines of the angles of all tokens, `[L, D / 2]`. */
  sin: Tensor;
  /**
   * Added to the mean square before the root.
   *
   * @default {1e-6}
   */
  readonly eps?: number | undefined;
}

/**
 * Queries or keys of some streams, normed head by head, joined along the
 * tokens, rotated, and with the heads before the tokens, in one pass.
 *
 * `y = rope(x / sqrt(mean(x²) + eps) * weight)`, see `rmsNorm` and `rope`.
 *
 * @param parts Streams in their order, `[B, L_i, H, D]` each, with a gain `[D]`.
 * @param options See {@linkcode RmsNormRopeOptions}; L is `Σ L_i`.
 * @returns `[B, H, L, D]`, owned by the caller.
 *
 * @throws {ShapeError} If the parts, weights or tables do not fit together.
 * @throws {RangeError} If there are no parts.
 *
 * @example Usage
 * ```ts
 * import { openDevice, rmsNormRope, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [2, -2], { shape: [1, 1, 1, 2] });
 * using weight = Tensor.from(device, [1, 3]);
 * using cos = Tensor.from(device, [0], { shape: [1, 1] });
 * using sin = Tensor.from(device, [1], { shape: [1, 1] });
 * using y = rmsNormRope([{ x, weight }], { cos, sin, eps: 0 }); // [1, 1, 1, 2]
 * assert.deepEqual([...await y.data()], [3, 1]);
 * ```
 */
export function rmsNormRope(
  parts: readonly HeadRows[],
  options: RmsNormRopeOptions,
): Tensor {
  const { cos, sin, eps = 1e-6 } = options;
  if (parts.length === 0) {
    throw new RangeError(
      "Cannot run rmsNormRope as it needs a part: got 0 parts",
    );
  }
  const device = operandDevice("rmsNormRope", {
    ...Object.fromEntries(parts.flatMap(({ x, weight }, i) => [
      [`parts[${i}].x`, x],
      [`parts[${i}].weight`, weight],
    ])),
    cos,
    sin,
  });
  const [B, , H, D] = parts[0]!.x.shape;
  let L = 0;
  for (const [i, { x, weight }] of parts.entries()) {
    if (
      x.shape.length !== 4 || D! % 2 !== 0 ||
      !sameShape(x.shape, [B!, x.shape[1]!, H!, D!]) ||
      !sameShape(weight.shape, [D!])
    ) {
      throw new ShapeError(
        "rmsNormRope",
        "parts must be [B, L, H, D], D even, with weights [D]",
        {
          "parts[0].x": parts[0]!.x.shape,
          [`parts[${i}].x`]: x.shape,
          [`parts[${i}].weight`]: weight.shape,
        },
      );
    }
    L += x.shape[1]!;
  }
  if (!sameShape(cos.shape, [L, D! / 2]) || !sameShape(sin.shape, cos.shape)) {
    throw new ShapeError("rmsNormRope", "cos and sin must be [L, D / 2]", {
      y: [B!, H!, L, D!],
      cos: cos.shape,
      sin: sin.shape,
    });
  }
  const y = output(device, [B!, H!, L, D!], (y) => {
    let first = 0;
    for (const { x, weight } of parts) {
      device.kernels.rmsNormRope(y, x, { weight, cos, sin, first, eps });
      first += x.shape[1]!;
    }
  }); // [B, H, L, D]
  const inputs = parts.flatMap(({ x, weight }) => [x, weight]);
  return recorded(y, inputs, (needs, save) => {
    const saved = parts.map(({ x, weight }) => ({
      x: save(x),
      weight: save(weight),
    }));
    return rmsNormRopeRule(saved, {
      cos: save(cos),
      sin: save(sin),
      eps,
      needs,
    });
  });
}
