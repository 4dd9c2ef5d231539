import { DTYPE_BLOCKS, isQuantized } from "../../dtype.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import { generated } from "../../webgpu/variant.ts";
import { bind, shifted, type View } from "../../webgpu/view.ts";
import { gemmReduceWgsl } from "../wgsl/reduce.ts";
import { epilogueSpec, gemmParams } from "./dispatch.ts";
import type { Gemm } from "./task.ts";
import type { GemmVariant } from "./variants.ts";

/**
 * Cuts K into slices that are computed side by side, for products with few
 * rows or columns and long sums, and adds up the parts in order.
 *
 * @param context Device.
 * @param task Product of a batch of one.
 * @param slices How many.
 * @param compute Computes a product of a slice.
 */
export function gemmSplitK(
  context: GpuContext,
  task: Gemm & { readonly variant: GemmVariant },
  { slices, compute }: {
    slices: number;
    compute: (part: Gemm & { readonly variant: GemmVariant }) => void;
  },
): void {
  const { M, N, K, transposeB, ldb } = task;
  const unit = isQuantized(task.b.dtype)
    ? DTYPE_BLOCKS[task.b.dtype].blockElements
    : 8;
  const each = Math.ceil(K / slices / unit) * unit;
  const count = Math.ceil(K / each);
  const whole = Math.floor(K / each); // slices of full length
  const ldo = Math.ceil(N / 4) * 4;
  const sums: View = {
    storage: context.allocate("f32", count * M * ldo),
    dtype: "f32",
    first: 0,
  };
  const part = (first: number, batch: number, length: number) =>
    compute({
      out: shifted(sums, first * M * ldo),
      a: shifted(task.a, first * each),
      b: shifted(task.b, first * each * (transposeB ? 1 : ldb)),
      batch,
      M,
      N,
      K: length,
      transposeB,
      aBatch: each,
      bBatch: each * (transposeB ? 1 : ldb),
      outBatch: M * ldo,
      lda: task.lda,
      ldb,
      ldo,
      variant: task.variant,
    }); // [batch, M, ldo]
  part(0, whole, each);
  if (whole < count) part(whole, 1, K - whole * each);

  const out = bind(context, task.out, (M - 1) * task.ldo + N);
  const from = bind(context, sums, count * M * ldo);
  const bias = task.bias === undefined
    ? undefined
    : bind(context, task.bias, N);
  const residual = task.residual &&
    bind(context, task.residual, (M - 1) * task.ldo + N);
  const spec = epilogueSpec(task, { out, residual });
  context.run({
    variant: generated("gemm_reduce", spec, () => gemmReduceWgsl(spec)),
    ...gemmParams(context, {
      ...task,
      K: count,
      lda: ldo,
      aBatch: M * ldo,
    }, { a: from, out, bias, residual }),
    workgroups: [Math.ceil(N / 64), Math.ceil(M / 4), 1],
    work: count * M * N,
  });
  context.release(sums.storage);
}
