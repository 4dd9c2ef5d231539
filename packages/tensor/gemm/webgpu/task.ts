import type { DType } from "../../dtype.ts";
import type { View } from "../../webgpu/view.ts";
import type { Activation } from "../epilogue.ts";
import type { GemmChoice } from "./choice.ts";

/** Windows of a convolution, as the rows of the first operand. */
export interface Windows {
  readonly inH: number;
  readonly inW: number;
  readonly Cin: number;
  readonly kh: number;
  readonly kw: number;
  readonly outH: number;
  readonly outW: number;
  readonly stride: number;
  readonly padTop: number;
  readonly padLeft: number;
}

/** Elements of a second factor, single ones or whole blocks of them. */
export type WeightView = Omit<View, "dtype"> & { readonly dtype: DType };

/**
 * A matrix product `out = residual + gate f(a b + bias)`, for each of a batch;
 * what is absent is left out.
 */
export interface Gemm {
  readonly out: View;
  readonly a: View;
  readonly b: WeightView;
  readonly bias?: View | undefined;
  readonly batch: number;
  readonly M: number;
  readonly N: number;
  readonly K: number;
  /** Whether `b` is stored `[N, K]`. */
  readonly transposeB: boolean;
  /** Elements from matrix to matrix; 0 shares one. */
  readonly aBatch: number;
  readonly bBatch: number;
  readonly outBatch: number;
  /** Elements from row to row of `out`; N unless this is a part. */
  readonly ldo: number;
  /** Elements from row to row of `a`. */
  readonly lda: number;
  /** Elements from row to row of `b` as stored. */
  readonly ldb: number;
  /** Adds to what `out` holds. */
  readonly accumulate?: boolean | undefined;
  /** Function of the sums, after that. */
  readonly activation?: Activation | undefined;
  /** What the result is added to, laid out like `out`. */
  readonly residual?: View | undefined;
  /** `[runs, N]`: factors of the result, each row for a run of rows. */
  readonly gate?: {
    readonly view: View;
    /** Rows of a run, and elements from row to row. */
    readonly rows: number;
    readonly width: number;
  } | undefined;
  /** If the rows of `a` are windows of images; then `batch` is 1. */
  readonly windows?: Windows | undefined;
  /** Row of all that is row 0 of this part, e.g. its output pixel. */
  readonly rowFirst?: number | undefined;
  /** Kernel to run, to test or to measure it; else it is chosen. */
  readonly choice?: GemmChoice | undefined;
}
