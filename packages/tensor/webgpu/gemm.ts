import { type Activation, type DType, isQuantized } from "../backend.ts";
import { DeviceError } from "../errors.ts";
import type { GpuContext } from "./context.ts";
import { chooseVariant, type GemmChoice } from "./gemm_choice.ts";
import { packA } from "./gemm_pack.ts";
import { gemmByParts } from "./gemm_parts.ts";
import { gemmBySlices } from "./gemm_split.ts";
import type { GemmShape } from "./gemm_variants.ts";
import type { View } from "./view.ts";

export { generated } from "./variant.ts";

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
  readonly windows?: Windows;
  /** Row of all that is row 0 of this part, e.g. its output pixel. */
  readonly rowFirst?: number;
  /** Kernel to run, to test or to measure it; else it is chosen. */
  readonly choice?: GemmChoice | undefined;
}

/** What the kernel of a product is chosen by. */
export function gemmShape(
  { batch, M, N, K, b, transposeB, windows }:
    & Pick<Gemm, "batch" | "M" | "N" | "K" | "transposeB" | "windows">
    & { readonly b: Pick<WeightView, "dtype"> },
): GemmShape {
  return {
    batch,
    M,
    N,
    K,
    // kernels for weights of 16 bits suit blocks as well
    bType: isQuantized(b.dtype) ? "bf16" : b.dtype as GemmShape["bType"],
    transposeB,
    channels: windows?.Cin,
  };
}

/** Runs a matrix product on the variant that suits it. */
export function gemm(context: GpuContext, task: Gemm): void {
  const shape = gemmShape(task);
  const { variant, slices } = task.choice ?? chooseVariant(context, shape);
  const lacks = variant.lacks(shape);
  if (lacks !== undefined) {
    throw new DeviceError(
      `Cannot run a matrix product on ${variant.name} as it needs ${lacks}`,
    );
  }
  if (slices > 1) {
    gemmBySlices(context, { ...task, variant }, {
      slices,
      compute: (part) => gemmByParts(context, part),
    });
  } else if (variant.factors === "f16") {
    const packed = packA(context, task);
    gemmByParts(context, { ...task, ...packed, variant });
    context.release(packed.a.storage);
    context.release(packed.scales.storage);
  } else gemmByParts(context, { ...task, variant });
}
