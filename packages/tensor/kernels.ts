import type { Epilogue, LowRankBranch } from "./epilogue.ts";
import type { BinaryFunction, UnaryFunction } from "./functions.ts";
import type { TrainingKernels } from "./training_kernels.ts";
import type { Tensor } from "./tensor.ts";

/** Zero rows and columns added around an image before a convolution. */
export interface Padding2d {
  /** Rows above. */
  readonly top: number;
  /** Rows below. */
  readonly bottom: number;
  /** Columns on the left. */
  readonly left: number;
  /** Columns on the right. */
  readonly right: number;
}

/**
 * Operations that a backend implements: one method each, which writes
 * `out`, whose shape the caller has already checked and allocated. Tensors are
 * dense and row-major. Sums accumulate in f32 (or wider) whatever is stored.
 */
export interface Kernels extends TrainingKernels {
  /**
   * `out[n] = op(a[n]) op(b[n]) + bias`, with `out` `[batch, M, N]`, after the
   * {@linkcode Epilogue}. An operand of rank 2 is shared by all of the batch.
   * `b` may be f16 or bf16, or quantised if it is shared.
   */
  matmul(
    out: Tensor,
    a: Tensor,
    b: Tensor,
    options: Epilogue & {
      readonly batch: number;
      readonly M: number;
      readonly N: number;
      readonly K: number;
      readonly transposeA: boolean;
      readonly transposeB: boolean;
      /** Whether `a` has one matrix for the whole batch. */
      readonly sharedA: boolean;
      /** Whether `b` has one matrix for the whole batch. */
      readonly sharedB: boolean;
      /** `[N]`, added to every row. */
      readonly bias: Tensor | undefined;
      /** Branches beside `b` `[N, K]`, where `foldsBranches` says so. */
      readonly branches?: readonly LowRankBranch[] | undefined;
    },
  ): void;

  /**
   * Whether `matmul` of so many rows takes branches of a weight `[N, K]`: their
   * sum with the weight is kept. Else they are products of their own.
   */
  foldsBranches?(weight: Tensor, rows: number): boolean;

  /**
   * `out = softmax(scale q kᵀ + bias) v`, with q, out `[B, H, Lq, D]`, k, v
   * `[B, H, Lk, D]` and bias `[1 | B, 1 | H, Lq, Lk]`. Given `logSumExp`
   * `[B, H, Lq]`, also writes `log Σ exp(scale q kᵀ)` there, without a bias only.
   */
  attention(out: Tensor, q: Tensor, k: Tensor, v: Tensor, options: {
    readonly scale: number;
    readonly bias: Tensor | undefined;
    readonly logSumExp?: Tensor | undefined;
  }): void;

  /** `out = f(x)`, element by element. */
  unary(out: Tensor, x: Tensor, f: UnaryFunction): void;

  /** `out = alpha x + beta`. */
  affine(out: Tensor, x: Tensor, alpha: number, beta: number): void;

  /** `out = f(a, b)`, both broadcast to the shape of `out`. */
  binary(out: Tensor, a: Tensor, b: Tensor, f: BinaryFunction): void;

  /** `out = x (1 + scale) + shift`; x `[B, L, C]`, shift and scale `[B, C]`. */
  modulate(out: Tensor, x: Tensor, shift: Tensor, scale: Tensor): void;

  /** `out = x + gate y`; x, y `[B, L, C]`, gate `[B, C]`. */
  addGated(out: Tensor, x: Tensor, gate: Tensor, y: Tensor): void;

  /** Layer norm over the last axis `C`; weight and bias `[C]` or absent. */
  layerNorm(out: Tensor, x: Tensor, options: {
    readonly weight: Tensor | undefined;
    readonly bias: Tensor | undefined;
    readonly eps: number;
  }): void;

  /** Root mean square norm over the last axis `D`; weight `[D]`. */
  rmsNorm(out: Tensor, x: Tensor, weight: Tensor, eps: number): void;

  /**
   * Layer norm of x `[B, L, C]` over its last axis, then `(1 + scale)` times
   * that, plus `shift`; shift and scale `[B, C]`.
   */
  layerNormModulate(out: Tensor, x: Tensor, options: {
    readonly shift: Tensor;
    readonly scale: Tensor;
    readonly eps: number;
  }): void;

  /**
   * Root mean square norm of x `[B, L, H, D]` over its last axis with weight
   * `[D]`, rotated as {@linkcode Kernels.rope} does by rows `first` to
   * `first + L` of cos and sin, to the same rows of out `[B, H, Lout, D]`.
   */
  rmsNormRope(out: Tensor, x: Tensor, options: {
    readonly weight: Tensor;
    readonly cos: Tensor;
    readonly sin: Tensor;
    readonly first: number;
    readonly eps: number;
  }): void;

  /**
   * Group norm of x `[B, h, w, C]` over the pixels and the `C / groups`
   * channels of each group, then SiLU if `silu`; weight and bias `[C]`.
   */
  groupNorm(out: Tensor, x: Tensor, options: {
    readonly weight: Tensor;
    readonly bias: Tensor;
    readonly groups: number;
    readonly eps: number;
    readonly silu: boolean;
  }): void;

  /** Softmax over the last axis. */
  softmax(out: Tensor, x: Tensor): void;

  /**
   * Rotates the pairs `(x[2i], x[2i + 1])` of the last axis of x
   * `[B, H, L, D]` by the angles whose cos and sin are `[L, D / 2]`.
   */
  rope(out: Tensor, x: Tensor, cos: Tensor, sin: Tensor): void;

  /**
   * Convolution of x `[B, h, w, Cin]` with weight `[Cout, kh, kw, Cin]` and
   * bias `[Cout]` or absent, to out `[B, h', w', Cout]`.
   */
  conv2d(out: Tensor, x: Tensor, weight: Tensor, options: {
    readonly bias: Tensor | undefined;
    readonly stride: number;
    readonly padding: Padding2d;
  }): void;

  /** Repeats each pixel of x `[B, h, w, C]` to `factor × factor` pixels. */
  upsampleNearest2d(out: Tensor, x: Tensor, factor: number): void;

  /** `out[i] = table[indices[i]]`; table `[V, C]`, indices i32. */
  gather(out: Tensor, table: Tensor, indices: Tensor): void;

  /** Joins tensors along `axis`. */
  concat(out: Tensor, parts: readonly Tensor[], axis: number): void;

  /** Copies the box of `out`'s shape that begins at `starts`. */
  slice(out: Tensor, x: Tensor, starts: readonly number[]): void;

  /** Copies x into `out` at `before` and fills the rest with `value`. */
  pad(
    out: Tensor,
    x: Tensor,
    before: readonly number[],
    value: number,
  ): void;

  /** `out.shape[i] = x.shape[axes[i]]`. */
  permute(out: Tensor, x: Tensor, axes: readonly number[]): void;

  /** Converts between f32, f16 and bf16, to the nearest even. */
  cast(out: Tensor, x: Tensor): void;

  /** Widens quantised blocks to f32, exactly. */
  dequantize(out: Tensor, x: Tensor): void;

  /** Sums x `[outer, n, inner]` over its middle axis, to `[outer, inner]`. */
  sum(out: Tensor, x: Tensor, options: {
    readonly outer: number;
    readonly n: number;
    readonly inner: number;
  }): void;
}
