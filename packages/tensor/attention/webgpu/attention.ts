import type { DeviceArray } from "../../device_array.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import { generated, type KernelVariant } from "../../webgpu/variant.ts";
import {
  bind,
  forParts,
  shifted,
  type View,
  viewOf,
} from "../../webgpu/view.ts";
import type { AttentionKernel } from "../kernels.ts";
import { ATTENTION_BLOCK, attentionLoops } from "../wgsl/blocks.ts";
import { attentionMatrixWgsl } from "../wgsl/matrix.ts";
import { attentionMatrixRows } from "../wgsl/matrix_layout.ts";
import { attentionTileWgsl } from "../wgsl/tile.ts";
import {
  type AttentionMatrices,
  type AttentionVariant,
  chooseAttention,
  mostHeads,
} from "./choice.ts";
import { attentionByScores } from "./scores.ts";

type Operands = readonly [q: DeviceArray, k: DeviceArray, v: DeviceArray];
type Options = Parameters<AttentionKernel>[4];

export function attentionWebGpu(context: GpuContext): AttentionKernel {
  return (out, q, k, v, options) => attention(context, out, [q, k, v], options);
}

/** Attention on `variant`, which is chosen by the shape if not given. */
export function attention(
  context: GpuContext,
  out: DeviceArray,
  [q, k, v]: Operands,
  { variant: given, ...options }: Options & {
    readonly variant?: AttentionVariant | undefined;
  },
): void {
  const { bias, logSumExp } = options;
  const keeps = logSumExp !== undefined;
  const variant = given ?? chooseAttention(context, { q, k, bias, keeps });
  switch (variant.name) {
    case "scores":
      return attentionByScores(context, out, [q, k, v], options);
    case "tile":
      return attentionByTiles(context, out, [q, k, v], options);
    case "matrix": {
      const { matrices } = variant;
      attentionByMatrices(context, out, [q, k, v], { ...options, matrices });
    }
  }
}

/** Attention that never stores its scores, in f32. */
export function attentionByTiles(
  context: GpuContext,
  out: DeviceArray,
  [q, k, v]: Operands,
  options: Options,
): void {
  const spec = { headDim: q.shape[3]! };
  runAttention(context, out, [q, k, v], {
    ...options,
    variant: generated("attention_tile", spec, () => attentionTileWgsl(spec)),
    queries: ATTENTION_BLOCK,
  });
}

/** Attention that never stores its scores, on matrix units and without a bias. */
export function attentionByMatrices(
  context: GpuContext,
  out: DeviceArray,
  [q, k, v]: Operands,
  options: Options & { matrices: AttentionMatrices },
): void {
  const spec = { headDim: q.shape[3]!, ...options.matrices };
  runAttention(context, out, [q, k, v], {
    ...options,
    variant: generated(
      "attention_matrix",
      spec,
      () => attentionMatrixWgsl(spec),
    ),
    queries: attentionMatrixRows(spec),
    side: spec.size,
  });
}

/** Runs a kernel of the forward pass, whose workgroups have so many queries. */
export function runAttention(
  context: GpuContext,
  out: DeviceArray,
  [q, k, v]: Operands,
  { scale, bias, logSumExp, variant, queries, side }: Options & {
    variant: KernelVariant;
    queries: number;
    /** Invocations or elements along a side, if not those of the tiles. */
    readonly side?: number | undefined;
  },
): void {
  const [B, H, Lq, D] = q.shape as readonly [number, number, number, number];
  const Lk = k.shape[2]!;
  const [biasB = 1, biasH = 1] = bias?.shape ?? [];
  const unused = logSumExp === undefined
    ? context.allocate("f32", 1)
    : undefined;
  const workPerHead = 4 * Lq * Lk * D;
  forParts(
    B * H,
    mostHeads(context, { q, k, work: workPerHead }),
    (start, heads) => {
      const part = (tensor: DeviceArray, row: number) =>
        bind(context, shifted(viewOf(tensor), start * row), heads * row);
      const [qs, ks, vs, to] = [
        part(q, Lq * D),
        part(k, Lk * D),
        part(v, Lk * D),
        part(out, Lq * D),
      ] as const;
      // heads are counted from the first of all, so the bias is bound whole
      const added = bias === undefined
        ? bind(context, { storage: context.empty, dtype: "f32", first: 0 }, 1)
        : bind(context, viewOf(bias), bias.size);
      const nowhere: View = { storage: unused!, dtype: "f32", first: 0 };
      const kept = logSumExp === undefined
        ? bind(context, nowhere, 1)
        : part(logSumExp, Lq);
      context.run({
        variant,
        reads: [qs.binding, ks.binding, vs.binding, added.binding],
        writes: [to.binding, kept.binding],
        ints: [
          ...attentionLoops(D, side),
          Lq,
          Lk,
          H,
          Number(bias !== undefined),
          Number(logSumExp !== undefined),
          start,
          qs.first / 4,
          ks.first / 4,
          vs.first / 4,
          to.first / 4,
          kept.first,
          added.first,
          biasB === 1 ? 0 : biasH * Lq * Lk,
          biasH === 1 ? 0 : Lq * Lk,
        ],
        floats: [scale],
        workgroups: [Math.ceil(Lq / queries), heads, 1],
        work: heads * workPerHead,
      });
    },
  );
  if (unused !== undefined) context.release(unused);
}
