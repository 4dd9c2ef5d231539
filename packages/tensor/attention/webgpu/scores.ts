import type { DeviceArray } from "../../device_array.ts";
import { gemm } from "../../gemm/webgpu/gemm.ts";
import { scoreSoftmax } from "../../ops/softmax/webgpu.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import { shifted, type View, viewOf } from "../../webgpu/view.ts";
import type { AttentionKernel } from "../kernels.ts";

/** Bytes of scores that are held at a time. */
const MAX_SCORES_BYTES = 8 * 2 ** 20;

/**
 * Attention through two matrix products with the scores between them, in
 * blocks of queries that bound the memory of the scores.
 */
export function attentionByScores(
  context: GpuContext,
  out: DeviceArray,
  [q, k, v]: readonly [q: DeviceArray, k: DeviceArray, v: DeviceArray],
  { scale, bias }: Parameters<AttentionKernel>[4],
): void {
  const [B, H, Lq, D] = q.shape as readonly [number, number, number, number];
  const Lk = k.shape[2]!;
  const room = Math.floor(
    Math.min(MAX_SCORES_BYTES, context.maxBindingBytes - 512) / (4 * Lk),
  ); // rows of scores
  const queries = Math.max(1, Math.min(Lq, room));
  // a bias too large to be bound is bound head by head
  const apart = bias !== undefined && bias.size * 4 > context.maxBindingBytes;
  const heads = apart ? 1 : Math.max(1, Math.floor(room / queries));
  const scores: View = {
    storage: context.allocate("f32", Math.min(heads, B * H) * queries * Lk),
    dtype: "f32",
    first: 0,
  };
  const weights: View = {
    storage: context.allocate("f32", Math.min(heads, B * H) * queries * Lk),
    dtype: "f32",
    first: 0,
  };
  const [biasB = 1, biasH = 1] = bias?.shape ?? [];
  const batchStride = biasB === 1 ? 0 : biasH * Lq * Lk;
  const headStride = biasH === 1 ? 0 : Lq * Lk;
  const headStart = (head: number) =>
    Math.floor(head / H) * batchStride + head % H * headStride;
  for (let head = 0; head < B * H; head += heads) {
    const batch = Math.min(heads, B * H - head);
    for (let query = 0; query < Lq; query += queries) {
      const count = Math.min(queries, Lq - query);
      const part = head * Lq * D + query * D;
      gemm(context, {
        out: scores,
        a: shifted(viewOf(q), part),
        b: shifted(viewOf(k), head * Lk * D),
        batch,
        M: count,
        N: Lk,
        K: D,
        transposeB: true,
        aBatch: Lq * D,
        bBatch: Lk * D,
        outBatch: count * Lk,
        lda: D,
        ldb: D,
        ldo: Lk,
      }); // [batch, count, Lk]
      scoreSoftmax(context, {
        out: weights,
        x: scores,
        rows: batch * count,
        C: Lk,
        scale,
        queries: count,
        bias: bias && {
          view: shifted(
            viewOf(bias),
            query * Lk + (apart ? headStart(head) : 0),
          ),
          length: apart ? count * Lk : bias.size - query * Lk,
          H,
          batchStride: apart ? 0 : batchStride,
          headStride: apart ? 0 : headStride,
          headFirst: head,
        },
      });
      gemm(context, {
        out: shifted(viewOf(out), part),
        a: weights,
        b: shifted(viewOf(v), head * Lk * D),
        batch,
        M: count,
        N: D,
        K: Lk,
        transposeB: false,
        aBatch: count * Lk,
        bBatch: Lk * D,
        outBatch: Lq * D,
        lda: Lk,
        ldb: D,
        ldo: D,
      }); // [batch, count, D]
    }
  }
  context.release(scores.storage);
  context.release(weights.storage);
}
