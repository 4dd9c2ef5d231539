import { isQuantized, type Kernels } from "../backend.ts";
import { Tensor } from "../tensor.ts";
import { addGated } from "./add_gated.ts";
import { binary } from "./binary.ts";
import type { GpuContext } from "./context.ts";
import { copy } from "./copy.ts";
import { gemm } from "./gemm.ts";
import { gemmOfBlocks } from "./gemm_of_blocks.ts";
import { unary } from "./unary.ts";
import { type View, viewOf } from "./view.ts";

type Options = Parameters<Kernels["matmul"]>[3];

/** See `Kernels.matmul`. */
export function matmul(
  context: GpuContext,
  out: Tensor,
  operands: readonly [a: Tensor, b: Tensor],
  options: Options,
): void {
  const { accumulate = false, activation, residual } = options;
  if (activation === undefined && residual === undefined) {
    return product(context, out, operands, options);
  }
  // each stage has a result of its own, as none may write what it reads
  using stack = new DisposableStack();
  const like = () => stack.use(new Tensor(out.device, out.shape));
  let y = like();
  if (accumulate) {
    copy(context, [out.size], {
      from: viewOf(out),
      fromStrides: [1],
      to: viewOf(y),
      toStrides: [1],
    });
  }
  product(context, y, operands, options);
  if (activation !== undefined) {
    const next = residual === undefined ? out : like();
    unary(context, next, y, activation);
    y = next;
  }
  if (residual?.gate !== undefined) {
    addGated(context, out, residual.x, { gate: residual.gate, y });
  } else if (residual !== undefined) {
    binary(context, out, residual.x, { b: y, f: "add" });
  }
}

function product(
  context: GpuContext,
  out: Tensor,
  [a, b]: readonly [a: Tensor, b: Tensor],
  options: Options,
): void {
  const { M, N, K, transposeA, transposeB, sharedA, sharedB, bias } = options;
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
    accumulate: options.accumulate ?? false,
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
