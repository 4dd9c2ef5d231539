import { isQuantized, type Kernels } from "../backend.ts";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { copy } from "./copy.ts";
import { gemm } from "./gemm.ts";
import { gemmOfBlocks } from "./gemm_of_blocks.ts";
import { type View, viewOf } from "./view.ts";

type Options = Parameters<Kernels["matmul"]>[3];

/** See `Kernels.matmul`. */
export function matmul(
  context: GpuContext,
  out: Tensor,
  [a, b]: readonly [a: Tensor, b: Tensor],
  options: Options,
): void {
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
  if (isQuantized(b.dtype)) gemmOfBlocks(context, task, b);
  else gemm(context, { ...task, b: viewOf(b) });
  if (turned !== undefined) context.release(turned.storage);
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
