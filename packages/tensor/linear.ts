import type { LowRankBranch } from "./gemm/epilogue.ts";
import { linear, type LinearOptions } from "./gemm/linear.ts";
import type { Tensor } from "./tensor.ts";

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
  readonly branches: LowRankBranch<Tensor>[] = [];

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
   * @param options Activation and residual, see {@linkcode LinearOptions}.
   * @returns `[..., out]`, owned by the caller.
   *
   * @throws {ShapeError} If the last axis of `x` is not `in`.
   */
  forward(x: Tensor, options: Omit<LinearOptions, "branches"> = {}): Tensor {
    const { branches, weight, bias } = this;
    return linear(x, weight, bias, { ...options, branches });
  }
}
