import { add } from "./ops/binary.ts";
import { affine } from "./ops/affine.ts";
import { linear } from "./ops/linear.ts";
import { scope } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** Low-rank branch beside a {@linkcode Linear}: `scale · B A x`. */
export interface LowRankBranch {
  /** Down projection, `[r, in]`. */
  readonly A: Tensor;
  /** Up projection, `[out, r]`. */
  readonly B: Tensor;
  /** Factor of the branch; 1 uses it as trained. */
  readonly scale: number;
}

/**
 * A linear layer, `y = W x + bias + Σ scale · B A x`, whose branches can be
 * added and removed at run time.
 */
export class Linear {
  /** `[out, in]`. */
  readonly weight: Tensor;
  /** `[out]`, if the layer has one. */
  readonly bias: Tensor | undefined;
  /** Low-rank branches, in the order they are added up. */
  readonly branches: LowRankBranch[] = [];

  /**
   * Wraps the parameters, which the layer does not own.
   *
   * @param weight Weight `[out, in]`.
   * @param bias Bias `[out]`, if the layer has one.
   */
  constructor(weight: Tensor, bias?: Tensor) {
    this.weight = weight;
    this.bias = bias;
  }

  /**
   * Applies the layer.
   *
   * @param x Input `[..., in]`.
   * @returns `[..., out]`, owned by the caller.
   *
   * @throws {ShapeError} If the last axis of `x` is not `in`.
   */
  forward(x: Tensor): Tensor {
    if (this.branches.length === 0) return linear(x, this.weight, this.bias);
    return scope(() => {
      let y = linear(x, this.weight, this.bias); // [..., out]
      for (const { A, B, scale } of this.branches) {
        const down = linear(x, A); // [..., r]
        const scaled = scale === 1 ? down : affine(down, scale, 0);
        y = add(y, linear(scaled, B)); // [..., out]
      }
      return y;
    });
  }
}
