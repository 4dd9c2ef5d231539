import type { DType } from "./dtype.ts";
import type { Tensor } from "./tensor.ts";

export {
  type DenseDType,
  type DType,
  DTYPE_BLOCKS,
  DTYPE_BYTES,
  isQuantized,
  type QuantizedDType,
  storageBytes,
} from "./dtype.ts";

/** Typed array that crosses between the host and a device; bytes for blocks. */
export type HostArray =
  | Float32Array<ArrayBufferLike>
  | Int32Array<ArrayBufferLike>
  | Uint16Array<ArrayBufferLike>
  | Uint8Array<ArrayBufferLike>;

/** Memory of one or more tensors on a device; only its backend looks inside. */
export interface Storage {
  /** Bytes held. */
  readonly sizeBytes: number;
}

/** Function of one variable that {@linkcode Kernels.unary} applies. */
export type UnaryFunction =
  | "neg"
  | "abs"
  | "exp"
  | "log"
  | "sqrt"
  | "square"
  | "tanh"
  | "sigmoid"
  | "silu"
  | "gelu"
  | "geluTanh"
  | "quickGelu";

/**
 * Function of two variables that {@linkcode Kernels.binary} applies; `step` is
 * 1 where a > b, 1/2 where they are equal and else 0.
 */
export type BinaryFunction =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "max"
  | "min"
  | "step";

/** Function that a product applies to its sums. */
export type Activation = Extract<
  UnaryFunction,
  "tanh" | "sigmoid" | "silu" | "gelu" | "geluTanh" | "quickGelu"
>;

/**
 * What becomes of the sums `s` of a product before they are written:
 * `y = f(out + s)`, then `out = x + gate y`; what is absent is left out.
 */
export interface Epilogue {
  /** Whether the sums are added to what `out` holds; then without bias. */
  readonly accumulate?: boolean | undefined;
  /** The function f. */
  readonly activation?: Activation | undefined;
  /** What is added at the end. */
  readonly residual?: Residual | undefined;
}

/** A residual stream, and the gate of what is added to it. */
export interface Residual {
  /** As many elements as the result; not the result itself. */
  readonly x: Tensor;
  /** `[G, N]`, each row for one of G equal runs of rows; 1 if absent. */
  readonly gate?: Tensor | undefined;
}

/** Low-rank branch beside an affine map: `scale · B A x`. */
export interface LowRankBranch {
  /** Down projection, `[r, K]`. */
  readonly A: Tensor;
  /** Up projection, `[N, r]`. */
  readonly B: Tensor;
  /** Factor of the branch; 1 uses it as trained. */
  readonly scale: number;
}

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
 * What a backend implements: one method an operation, each of which writes
 * `out`, whose shape the caller has already checked and allocated. Tensors are
 * dense and row-major. Sums accumulate in f32 (or wider) whatever is stored.
 */
export interface Kernels {
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

  /**
   * Gradients of {@linkcode Kernels.attention} without a bias by those of q, k
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
      /** What attention wrote, if {@linkcode Kernels.attentionKeeps} says so. */
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

  /** `out = dy f'(x)`; 0 at the corner of `abs`. */
  unaryGradient(out: Tensor, x: Tensor, dy: Tensor, f: UnaryFunction): void;

  /** Gradient of {@linkcode Kernels.layerNorm} by x. */
  layerNormGradient(out: Tensor, x: Tensor, dy: Tensor, options: {
    readonly weight: Tensor | undefined;
    readonly eps: number;
  }): void;

  /** Gradient of {@linkcode Kernels.rmsNorm} by x. */
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

/** A place where tensors live and operations run. */
export interface Device {
  /** Which backend this is. */
  readonly kind: "cpu" | "webgpu";
  /** Name for people, e.g. `"cpu (2 threads)"` or the adapter's description. */
  readonly name: string;
  /** Operations of the backend. */
  readonly kernels: Kernels;
  /** Tensors and bytes alive now, and the most bytes alive so far. */
  readonly memory: {
    readonly tensors: number;
    readonly bytes: number;
    readonly peakBytes: number;
    /** Bytes taken for them from the system, with rounding and what is idle. */
    readonly heldBytes: number;
    readonly peakHeldBytes: number;
  };
  /**
   * Whether the device allocates and computes nothing, so that no weights need
   * to be read; see `dryDevice`.
   */
  readonly dry?: true;
  /**
   * Allocates memory, not cleared.
   *
   * @throws {OutOfMemoryError} If there is none left.
   */
  allocate(dtype: DType, length: number): Storage;
  /** Returns memory; what is still queued may read it before it is reused. */
  release(storage: Storage): void;
  /**
   * Copies host values to `storage`, from an element on: of their type, and at
   * a multiple of 4 bytes.
   */
  upload(storage: Storage, values: HostArray, start?: number): void;
  /**
   * Copies `length` elements back, after all queued work.
   *
   * @throws {DeviceError} If anything queued so far was invalid or the device was lost.
   */
  download(
    storage: Storage,
    dtype: DType,
    length: number,
  ): Promise<HostArray>;
  /**
   * Waits for all queued work.
   *
   * @throws {DeviceError} If anything queued so far was invalid or the device was lost.
   */
  sync(): Promise<void>;
  /**
   * See `tune`; absent where a device does not choose between kernels.
   *
   * @param body Work to run.
   * @param discard Frees what the first run returned if there is a second one.
   */
  tune?<T>(body: () => T, discard: (result: T) => void): Promise<T>;
  /** Frees everything; the device cannot be used afterwards. */
  destroy(): void;
}
