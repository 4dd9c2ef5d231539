import { isQuantized, storageBytes } from "../../dtype.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import type { KernelCall } from "../../webgpu/recorder.ts";
import { generated } from "../../webgpu/variant.ts";
import {
  bind,
  bindBytes,
  type BoundView,
  shifted,
  type View,
} from "../../webgpu/view.ts";
import type { GemmSpec } from "../wgsl/common.ts";
import type { GemmEpilogue } from "../wgsl/epilogue.ts";
import type { Gemm, WeightView } from "./task.ts";
import type { GemmVariant } from "./variants.ts";

/** A product whose kernel is chosen. */
export interface PlannedGemm extends Gemm {
  readonly variant: GemmVariant;
  /** Scales of the rows of `a`, if it is packed. */
  readonly scales?: View | undefined;
  /** Scales from matrix to matrix. */
  readonly scaleBatch?: number | undefined;
}

/** Records a product that can be bound as it is. */
export function dispatchGemm(context: GpuContext, task: PlannedGemm): void {
  const { batch, M, N, K, transposeB, lda, ldb, ldo, windows } = task;
  const { aBatch, bBatch, outBatch, variant } = task;
  const a = bindA(context, task);
  const bRows = transposeB ? N : K;
  const bColumns = transposeB ? K : N;
  const blocks = isQuantized(task.b.dtype);
  const b = bindWeight(
    context,
    task.b,
    (batch - 1) * bBatch + (bRows - 1) * ldb + bColumns,
  );
  const out = bind(
    context,
    task.out,
    (batch - 1) * outBatch + (M - 1) * ldo + N,
  );
  const bias = task.bias && bind(context, task.bias, N);
  const residual = task.residual &&
    bind(context, task.residual, (batch - 1) * outBatch + (M - 1) * ldo + N);
  const scales = task.scales && bind(context, task.scales, 1);
  const by = (divisor: number, ...values: number[]) =>
    values.every((n) => n % divisor === 0);
  const width = (...values: number[]) => by(4, ...values) ? "vec4" : "scalar";
  const spec: GemmSpec = {
    a: variant.factors === "f16"
      ? "vec8"
      : windows === undefined
      ? width(K, lda, aBatch, a.first)
      : width(windows.Cin, a.first),
    b: blocks
      ? "blocks"
      : variant.factors === "f16" && by(8, bColumns, ldb, bBatch, b.first)
      ? "vec8"
      : width(bColumns, ldb, bBatch, b.first),
    ...epilogueSpec(task, { out, residual }),
    bType: task.b.dtype as GemmSpec["bType"],
    transposeB,
    conv: windows !== undefined,
  };
  context.run({
    variant: generated(
      `gemm_${variant.name}`,
      spec,
      () => variant.wgsl(spec),
    ),
    ...gemmParams(context, task, { a, b, out, bias, scales, residual }),
    workgroups: [
      Math.ceil(N / variant.columns),
      Math.ceil(M / variant.rows),
      batch,
    ],
    work: 2 * batch * M * N * K,
  });
}

/** How the results of a product are written. */
export function epilogueSpec(
  { N, ldo, outBatch, activation, residual, gate }: Gemm,
  bound: {
    readonly out: BoundView;
    readonly residual?: BoundView | undefined;
  },
): GemmEpilogue {
  const aligned = [
    N,
    ldo,
    outBatch,
    bound.out.first,
    bound.residual?.first ?? 0,
  ]
    .every((n) => n % 4 === 0);
  return {
    out: aligned ? "vec4" : "scalar",
    activation,
    residual: residual && (gate === undefined ? "plain" : "gated"),
  };
}

/** Bindings and parameters of the programs that begin with `gemmPrelude`. */
export function gemmParams(
  context: GpuContext,
  task: PlannedGemm,
  bound: {
    readonly a: BoundView;
    readonly b?: BoundView | undefined;
    readonly out: BoundView;
    readonly bias?: BoundView | undefined;
    readonly scales?: BoundView | undefined;
    readonly residual?: BoundView | undefined;
  },
): Pick<KernelCall, "reads" | "writes" | "ints"> {
  const { M, N, K, lda, ldb, ldo, aBatch, bBatch, outBatch } = task;
  const absent: BoundView = {
    binding: { storage: context.empty, offset: 0, size: 256 },
    first: 0,
  };
  const { a, b = absent, out, bias = absent, scales = absent } = bound;
  const { residual = absent } = bound;
  const gate = task.gate && bind(context, task.gate.view, 1);
  const w = task.windows;
  return {
    reads: [a, b, bias, scales, residual, gate ?? absent].map(({ binding }) =>
      binding
    ),
    writes: [out.binding],
    ints: [
      M,
      N,
      K,
      Number(task.bias !== undefined),
      Number(task.accumulate ?? false),
      lda,
      ldb,
      ldo,
      a.first,
      b.first,
      out.first,
      bias.first,
      scales.first,
      aBatch,
      bBatch,
      outBatch,
      task.scaleBatch ?? 0,
      ...(w === undefined ? Array<number>(10).fill(1) : [
        w.inH,
        w.inW,
        w.Cin,
        w.kh * w.kw,
        w.kw,
        w.outW,
        w.outH * w.outW,
        w.stride,
        w.padTop,
        w.padLeft,
      ]),
      task.rowFirst ?? 0,
      task.variant.rows,
      residual.first,
      gate?.first ?? 0,
      task.gate?.rows ?? 1,
      task.gate?.width ?? 0,
    ],
  };
}

/** Binds elements, or blocks, whose `first` is then a byte. */
function bindWeight(
  context: GpuContext,
  { storage, dtype, first }: WeightView,
  length: number,
): BoundView {
  if (!isQuantized(dtype)) {
    return bind(context, { storage, dtype, first }, length);
  }
  return bindBytes(context, storage, {
    start: storageBytes(dtype, first),
    length: storageBytes(dtype, length),
  });
}

/** Binds the matrices, or the image rows that the windows see. */
function bindA(
  context: GpuContext,
  { a, batch, aBatch, M, K, lda, windows, rowFirst = 0 }: Gemm,
): BoundView {
  if (windows === undefined) {
    return bind(context, a, (batch - 1) * aBatch + (M - 1) * lda + K);
  }
  const { inH, inW, Cin, kh, outH, outW, stride, padTop } = windows;
  const inputRow = (pixel: number, tap: number) => {
    const row = Math.floor(pixel / outW); // over all images
    const within = (row % outH) * stride + tap - padTop;
    return Math.floor(row / outH) * inH +
      Math.min(Math.max(within, 0), inH - 1);
  };
  const from = inputRow(rowFirst, 0) * inW * Cin;
  const end = (inputRow(rowFirst + M - 1, kh - 1) + 1) * inW * Cin;
  const { binding, first } = bind(context, shifted(a, from), end - from);
  // the kernel counts from the first image, whose address may be before the
  // binding: the sum wraps around to the right place
  return { binding, first: first - from };
}
