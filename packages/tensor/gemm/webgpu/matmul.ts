import { isQuantized } from "../../dtype.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import { copy } from "../../webgpu/copy.ts";
import { type View, viewOf } from "../../webgpu/view.ts";
import type { MatmulKernel } from "../kernels.ts";
import { gemm } from "./gemm.ts";
import { quantizedGemm } from "./quantized_gemm.ts";

type Options = Parameters<MatmulKernel>[3];

export function matmulWebGpu(context: GpuContext): MatmulKernel {
  return (out, a, b, options) => {
    const { M, N, K, transposeA, transposeB, sharedA, sharedB } = options;
    const { bias, residual } = options;
    const turned = transposeA
      ? transposed(context, viewOf(a), {
        batch: sharedA ? 1 : options.batch,
        M,
        K,
      })
      : undefined;
    const fold = sharedB && !sharedA; // one tall matrix
    const task = {
      out: viewOf(out),
      a: turned ?? viewOf(a),
      bias: bias && viewOf(bias),
      batch: fold ? 1 : options.batch,
      M: fold ? options.batch * M : M,
      N,
      K,
      transposeB,
      aBatch: sharedA || fold ? 0 : M * K,
      bBatch: sharedB ? 0 : K * N,
      outBatch: M * N,
      lda: K,
      ldb: transposeB ? K : N,
      ldo: N,
      accumulate: options.accumulate,
      activation: options.activation,
      residual: residual && viewOf(residual.x),
      gate: residual?.gate && {
        view: viewOf(residual.gate),
        rows: options.batch * M * N / residual.gate.size,
        width: N,
      },
    };
    if (isQuantized(b.dtype)) quantizedGemm(context, task, b);
    else gemm(context, { ...task, b: viewOf(b) });
    if (turned !== undefined) context.release(turned.storage);
  };
}

/** `a` with its rows and columns exchanged, in memory of its own. */
function transposed(
  context: GpuContext,
  a: View,
  { batch, M, K }: { batch: number; M: number; K: number },
): View {
  const storage = context.allocate("f32", batch * M * K);
  const to: View = { storage, dtype: "f32", first: 0 };
  copy(context, [batch, M, K], {
    from: a,
    fromStrides: [M * K, 1, M],
    to,
    toStrides: [M * K, K, 1],
  });
  return to;
}
