import type { UnaryFunction } from "./functions.ts";
import type { Tensor } from "./tensor.ts";

/** The part of `Kernels` that only training needs. */
export interface TrainingKernels {
  /**
   * Gradients of `Kernels.attention` without a bias by those of q, k
   * and v that are given to be written. Never holds all scores of a head if
   * these are many.
   */
  attentionGradient(
    out: {
      readonly dq: Tensor | undefined;
      readonly dk: Tensor | undefined;
      readonly dv: Tensor | undefined;
    },
    from: {
      readonly q: Tensor;
      readonly k: Tensor;
      readonly v: Tensor;
      readonly dy: Tensor;
      /** What attention wrote, if `Kernels.attentionKeeps` says so. */
      readonly kept:
        | { readonly y: Tensor; readonly logSumExp: Tensor }
        | undefined;
    },
    options: { readonly scale: number },
  ): void;

  /**
   * Whether the gradient of attention over such q and k reads its result and
   * log-sum-exp; elsewhere the probabilities are computed anew and nothing is
   * kept.
   */
  attentionKeeps(q: Tensor, k: Tensor): boolean;

  /** `out = dy f'(x)`; 0 at the corner of `abs`. */
  unaryGradient(out: Tensor, x: Tensor, dy: Tensor, f: UnaryFunction): void;

  /** Gradient of `Kernels.layerNorm` by x. */
  layerNormGradient(out: Tensor, x: Tensor, dy: Tensor, options: {
    readonly weight: Tensor | undefined;
    readonly eps: number;
  }): void;

  /** Gradient of `Kernels.rmsNorm` by x. */
  rmsNormGradient(out: Tensor, x: Tensor, dy: Tensor, options: {
    readonly weight: Tensor;
    readonly eps: number;
  }): void;

  /** `out = y (dy - Σ y dy)`, the sum over the last axis, with y the softmax. */
  softmaxGradient(out: Tensor, y: Tensor, dy: Tensor): void;

  /** `out[v] = Σ dy[i]` over all i with `indices[i] = v`; out `[V, C]`. */
  gatherGradient(out: Tensor, dy: Tensor, indices: Tensor): void;

  /** One step of AdamW, see `adamwStep`. */
  adamw(
    out: { readonly param: Tensor; readonly m: Tensor; readonly v: Tensor },
    from: {
      readonly param: Tensor;
      readonly grad: Tensor;
      readonly m: Tensor;
      readonly v: Tensor;
    },
    options: {
      readonly beta1: number;
      readonly beta2: number;
      /** What the parameter is multiplied by first, `1 - lr weightDecay`. */
      readonly decay: number;
      /** `lr / (1 - beta1^step)`. */
      readonly stepSize: number;
      /** `1 / sqrt(1 - beta2^step)`. */
      readonly denominatorScale: number;
      readonly eps: number;
    },
  ): void;
}
