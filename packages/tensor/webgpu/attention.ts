import {
  ATTENTION_TILE_KEYS,
  ATTENTION_TILE_QUERIES,
  attentionTileWgsl,
} from "@edit-transfer/kernels";
import type { Kernels } from "../backend.ts";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { gemm, generated } from "./gemm.ts";
import { scoreSoftmax } from "./softmax.ts";
import { bind, forParts, shifted, type View, viewOf } from "./view.ts";

/** Bytes of scores that are held at a time. */
const MAX_SCORES_BYTES = 64 * 2 ** 20;

/** Widest head of which the tile kernel holds a query in registers. */
const MAX_TILE_HEAD = 128;

/**
 * See `Kernels.attention`. Software adapters are faster through scores, and
 * very wide heads do not fit into registers.
 */
export function attention(
  context: GpuContext,
  out: Tensor,
  [q, k, v]: readonly [q: Tensor, k: Tensor, v: Tensor],
  options: Parameters<Kernels["attention"]>[4],
): void {
  const D = q.shape[3]!;
  const bytes = Math.max(
    q.sizeBytes,
    k.sizeBytes,
    options.bias?.sizeBytes ?? 0,
  );
  const tile = !(context.software && context.subgroupSize > 0) &&
    D % 4 === 0 && D <= MAX_TILE_HEAD && bytes <= context.maxBindingBytes;
  (tile ? attentionByTiles : attentionByScores)(
    context,
    out,
    [q, k, v],
    options,
  );
}

/** Attention that never stores its scores. */
export function attentionByTiles(
  context: GpuContext,
  out: Tensor,
  [q, k, v]: readonly [q: Tensor, k: Tensor, v: Tensor],
  { scale, bias }: Parameters<Kernels["attention"]>[4],
): void {
  const [B, H, Lq, D] = q.shape as readonly [number, number, number, number];
  const Lk = k.shape[2]!;
  const [biasB = 1, biasH = 1] = bias?.shape ?? [];
  const spec = { headDim: D };
  const workPerHead = 4 * Lq * Lk * D;
  const most = Math.max(
    1,
    Math.min(65_535, Math.floor(context.maxWork / workPerHead)),
  );
  forParts(B * H, most, (start, heads) => {
    const part = (tensor: Tensor, L: number) =>
      bind(context, shifted(viewOf(tensor), start * L * D), heads * L * D);
    const [qs, ks, vs, to] = [
      part(q, Lq),
      part(k, Lk),
      part(v, Lk),
      part(out, Lq),
    ] as const;
    // heads are counted from the first of all, so the bias is bound whole
    const added = bias === undefined
      ? bind(context, { storage: context.empty, dtype: "f32", first: 0 }, 1)
      : bind(context, viewOf(bias), bias.size);
    context.run({
      variant: generated("attention_tile", spec, () => attentionTileWgsl(spec)),
      reads: [qs.binding, ks.binding, vs.binding, added.binding],
      writes: [to.binding],
      ints: [
        Lq,
        Lk,
        H,
        Number(bias !== undefined),
        start,
        qs.first / 4,
        ks.first / 4,
        vs.first / 4,
        to.first / 4,
        added.first,
        biasB === 1 ? 0 : biasH * Lq * Lk,
        biasH === 1 ? 0 : Lq * Lk,
        ATTENTION_TILE_KEYS,
      ],
      floats: [scale],
      workgroups: [Math.ceil(Lq / ATTENTION_TILE_QUERIES), heads, 1],
      work: heads * workPerHead,
    });
  });
}

/**
 * Attention through two matrix products with the scores between them, in
 * blocks of queries that bound the memory of the scores.
 */
export function attentionByScores(
  context: GpuContext,
  out: Tensor,
  [q, k, v]: readonly [q: Tensor, k: Tensor, v: Tensor],
  { scale, bias }: Parameters<Kernels["attention"]>[4],
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
