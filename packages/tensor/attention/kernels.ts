import type { DeviceArray } from "../device_array.ts";

/**
 * `out = softmax(scale q kᵀ + bias) v`, with q, out `[B, H, Lq, D]`, k, v
 * `[B, H, Lk, D]` and bias `[1 | B, 1 | H, Lq, Lk]`. Given `logSumExp`
 * `[B, H, Lq]`, also writes `log Σ exp(scale q kᵀ)` there, without a bias only.
 */
export type AttentionKernel = (
  out: DeviceArray,
  q: DeviceArray,
  k: DeviceArray,
  v: DeviceArray,
  options: {
    readonly scale: number;
    readonly bias: DeviceArray | undefined;
    readonly logSumExp?: DeviceArray | undefined;
  },
) => void;

/**
 * Gradients of {@linkcode AttentionKernel} without a bias by those of q, k
 * and v that are given to be written. Never holds all scores of a head if
 * these are many.
 */
export type AttentionGradientKernel = (
  out: {
    readonly dq: DeviceArray | undefined;
    readonly dk: DeviceArray | undefined;
    readonly dv: DeviceArray | undefined;
  },
  from: {
    readonly q: DeviceArray;
    readonly k: DeviceArray;
    readonly v: DeviceArray;
    readonly dy: DeviceArray;
    /** What attention wrote, if `AttentionKeepsKernel` says so. */
    readonly kept:
      | { readonly y: DeviceArray; readonly logSumExp: DeviceArray }
      | undefined;
  },
  options: { readonly scale: number },
) => void;

/**
 * Whether the gradient of attention over such q and k reads its result and
 * log-sum-exp; elsewhere the probabilities are computed anew and nothing is
 * kept.
 */
export type AttentionKeepsKernel = (q: DeviceArray, k: DeviceArray) => boolean;
