import type { LowRankBranch } from "./gemm/epilogue.ts";
import { finish } from "./gemm/finish.ts";
import { linear } from "./gemm/linear.ts";
import type { LinearOptions } from "./gemm/linear_options.ts";
import { affine } from "./ops/affine/affine.ts";
import { add, mul } from "./ops/binary/binary.ts";
import { scope } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/**
 * What is added to a linear layer `y = W x + bias` besides low-rank branches:
 * `y += scale · weight x + bias + outGain ∘ (W x) + W (inGain ∘ x)`.
 */
export interface LinearDelta {
  /** `[out, in]`. */
  readonly weight?: Tensor | undefined;
  /** Factor of the above. */
  readonly scale: number;
  /** `[out]`. */
  readonly bias?: Tensor | undefined;
  /** `[out]`. */
  readonly outGain?: Tensor | undefined;
  /** `[in]`. */
  readonly inGain?: Tensor | undefined;
}

/**
 * A linear layer, `y = W x + bias + Σ scale · B A x`, whose branches, and what
 * else is added to it, can be changed at run time.
 */
export class Linear {
  /** `[out, in]`. */
  readonly weight: Tensor;
  /** `[out]`, if the layer has one. */
  readonly bias: Tensor | undefined;
  /** Low-rank branches, in the order they are added up. */
  readonly branches: LowRankBranch<Tensor>[] = [];
  /** What else is added. */
  readonly deltas: LinearDelta[] = [];

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
   * Takes over what is added to another layer.
   *
   * @param from The other layer, of the same shape.
   */
  share(from: Linear): void {
    this.branches.splice(0, Infinity, ...from.branches);
    this.deltas.splice(0, Infinity, ...from.deltas);
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
    const { branches, weight, bias, deltas } = this;
    if (deltas.length === 0) {
      return linear(x, weight, bias, { ...options, branches });
    }
    return scope(() => finish(this.#changed(x), options));
  }

  #changed(x: Tensor): Tensor {
    const { branches, weight, bias, deltas } = this;
    const outGains = deltas.flatMap(({ outGain }) => outGain ?? []);
    const inGains = deltas.flatMap(({ inGain }) => inGain ?? []);
    let y: Tensor;
    if (outGains.length === 0) {
      y = linear(x, weight, bias, { branches }); // [..., out]
    } else {
      const plain = linear(x, weight); // [..., out]
      y = outGains.reduce((y, gain) => add(y, mul(plain, gain)), plain);
      if (bias !== undefined) y = add(y, bias);
      for (const { A, B, scale } of branches) {
        y = add(y, affine(linear(linear(x, A), B), scale, 0));
      }
    }
    for (const gain of inGains) y = add(y, linear(mul(x, gain), weight));
    for (const { weight, scale, bias } of deltas) {
      if (weight !== undefined) {
        const delta = linear(x, weight); // [..., out]
        y = add(y, scale === 1 ? delta : affine(delta, scale, 0));
      }
      if (bias !== undefined) y = add(y, bias);
    }
    return y;
  }
}
