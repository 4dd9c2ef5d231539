import type { DeviceArray } from "../../device_array.ts";
import { gemm } from "../../gemm/webgpu/gemm.ts";
import { affineWebGpu } from "../../ops/affine/webgpu.ts";
import { scoreSoftmax } from "../../ops/softmax/webgpu.ts";
import { scoreSoftmaxGradient } from "../../ops/softmax/webgpu_gradient.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import { copy } from "../../webgpu/copy.ts";
import { shifted, type View, viewOf } from "../../webgpu/view.ts";
import type { AttentionGradientKernel } from "../kernels.ts";

type Gradient = Parameters<AttentionGradientKernel>;

/** Bytes of each of the arrays of scores that are held at a time. */
const MAX_SCORES_BYTES = 4 * 2 ** 20;

/**
 * The gradients of attention through matrix products with scores between them,
 * in blocks of queries that bound their memory.
 */
export function attentionGradientByScores(
  context: GpuContext,
  { dq, dk, dv }: Gradient[0],
  { q, k, v, dy }: Gradient[1],
  { scale }: Gradient[2],
): void {
  const [B, H, Lq, D] = q.shape as readonly [number, number, number, number];
  const Lk = k.shape[2]!;
  const room = Math.floor(
    Math.min(MAX_SCORES_BYTES, context.maxBindingBytes - 512) / (4 * Lk),
  ); // rows of scores
  const queries = Math.max(1, Math.min(Lq, room));
  const heads = Math.max(1, Math.min(B * H, Math.floor(room / queries)));
  const held = Array.from({ length: 4 }, (): View => ({
    storage: context.allocate("f32", heads * queries * Lk),
    dtype: "f32",
    first: 0,
  }));
  const [scores, probabilities, ds, turned] = held as [View, View, View, View];
  // all of ds is linear in it
  const scaled: DeviceArray = {
    shape: dy.shape,
    dtype: "f32",
    size: dy.size,
    sizeBytes: 4 * dy.size,
    storage: context.allocate("f32", dy.size),
  };
  affineWebGpu(context)(scaled, dy, scale, 0);

  for (let head = 0; head < B * H; head += heads) {
    const batch = Math.min(heads, B * H - head);
    for (let query = 0; query < Lq; query += queries) {
      const count = Math.min(queries, Lq - query);
      const rows = { rows: batch * count, C: Lk };
      const ofQueries = (tensor: DeviceArray) =>
        shifted(viewOf(tensor), (head * Lq + query) * D);
      const ofKeys = (tensor: DeviceArray) =>
        shifted(viewOf(tensor), head * Lk * D);
      /** `out = a bᵀ`, for each head. */
      const products = (out: View, a: DeviceArray, b: DeviceArray) =>
        gemm(context, {
          out,
          a: ofQueries(a),
          b: ofKeys(b),
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
      /** `out += weightsᵀ b`, for each head. */
      const addKeys = (out: DeviceArray, weights: View, b: DeviceArray) => {
        copy(context, [batch, Lk, count], {
          from: weights,
          fromStrides: [count * Lk, 1, Lk],
          to: turned,
          toStrides: [count * Lk, count, 1],
        }); // [batch, Lk, count]
        gemm(context, {
          out: ofKeys(out),
          a: turned,
          b: ofQueries(b),
          batch,
          M: Lk,
          N: D,
          K: count,
          transposeB: false,
          aBatch: count * Lk,
          bBatch: Lq * D,
          outBatch: Lk * D,
          lda: count,
          ldb: D,
          ldo: D,
          accumulate: query > 0,
        }); // [batch, Lk, D]
      };

      products(scores, q, k);
      const softmaxed = { out: probabilities, x: scores, ...rows, scale };
      scoreSoftmax(context, softmaxed);
      if (dv !== undefined) addKeys(dv, probabilities, dy);
      if (dq === undefined && dk === undefined) continue;
      products(scores, scaled, v);
      const y = probabilities;
      scoreSoftmaxGradient(context, { out: ds, y, dy: scores, ...rows });
      if (dk !== undefined) addKeys(dk, ds, q);
      if (dq === undefined) continue;
      gemm(context, {
        out: ofQueries(dq),
        a: ds,
        b: ofKeys(k),
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
  for (const { storage } of [...held, viewOf(scaled)]) {
    context.release(storage);
  }
}
