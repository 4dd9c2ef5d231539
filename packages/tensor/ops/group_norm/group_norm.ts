import { ShapeError } from "../../errors.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { operandDevice } from "../_operands.ts";
import { output } from "../_output.ts";
import { groupNormRule } from "./group_norm_rule.ts";

/** Options of {@linkcode groupNorm}. */
export interface GroupNormOptions {
  /** Learned gain, `[C]`. */
  weight: Tensor;
  /** Learned offset, `[C]`. */
  bias: Tensor;
  /** Number of groups; divides C. */
  groups: number;
  /**
   * Added to the variance before the root.
   *
   * @default {1e-6}
   */
  readonly eps?: number | undefined;
  /**
   * Whether SiLU follows.
   *
   * @default {false}
   */
  readonly silu?: boolean | undefined;
}

/**
 * Group norm of an image, over its pixels and the channels of each group.
 *
 * `y = (x - mean(x)) / sqrt(var(x) + eps) * weight + bias`, with the biased
 * variance.
 *
 * Source: Wu & He 2018, https://arxiv.org/abs/1803.08494.
 *
 * @param x Image, `[B, h, w, C]`.
 * @param options See {@linkcode GroupNormOptions}.
 * @returns `[B, h, w, C]`, owned by the caller.
 *
 * @throws {ShapeError} If weight or bias is not `[C]`, or C is no multiple of the groups.
 *
 * @example Usage
 * ```ts
 * import { groupNorm, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, 3], { shape: [1, 1, 2, 1] });
 * using weight = Tensor.from(device, [1]);
 * using bias = Tensor.from(device, [5]);
 * using y = groupNorm(x, { weight, bias, groups: 1, eps: 0 }); // [1, 1, 2, 1]
 * assert.deepEqual([...await y.data()], [4, 6]);
 * ```
 */
export function groupNorm(x: Tensor, options: GroupNormOptions): Tensor {
  const { weight, bias, groups, eps = 1e-6, silu = false } = options;
  const device = operandDevice("groupNorm", { x, weight, bias });
  const C = x.shape[3];
  const fits = (v: Tensor) => v.shape.length === 1 && v.shape[0] === C;
  if (x.shape.length !== 4 || !fits(weight) || !fits(bias)) {
    throw new ShapeError(
      "groupNorm",
      "weight and bias must be [C] for x [B, h, w, C]",
      { x: x.shape, weight: weight.shape, bias: bias.shape },
    );
  }
  if (!Number.isInteger(groups) || groups < 1 || C! % groups !== 0) {
    throw new ShapeError(
      "groupNorm",
      `C must be a multiple of ${groups} groups for x [B, h, w, C]`,
      { x: x.shape },
    );
  }
  const y = output(
    device,
    x.shape,
    (y) => device.kernels.groupNorm(y, x, { weight, bias, groups, eps, silu }),
  ); // [B, h, w, C]
  return recorded(y, [x, weight, bias], (needs, save) => {
    const saved = { x: save(x), weight: save(weight), bias: save(bias) };
    return groupNormRule(saved, { groups, eps, silu, needs });
  });
}
