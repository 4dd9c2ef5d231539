import {
  ATTENTION_BLOCK,
  attentionGradientOfKeysWgsl,
  attentionGradientOfQueriesWgsl,
  attentionLoops,
} from "@edit-transfer/kernels";
import type { Kernels } from "../backend.ts";
import type { Tensor } from "../tensor.ts";
import {
  type AttentionVariant,
  chooseAttentionGradient,
  mostHeads,
} from "./attention_choice.ts";
import { attentionGradientByMatrices } from "./attention_gradient_matrix.ts";
import { attentionDeltas } from "./attention_gradient_rows.ts";
import { attentionGradientByScores } from "./attention_gradient_scores.ts";
import type { GpuContext } from "./context.ts";
import { generated, type KernelVariant } from "./variant.ts";
import { bind, forParts, shifted, type View, viewOf } from "./view.ts";

type Gradient = Parameters<Kernels["attentionGradient"]>;
/** The tensors to write and those to read. */
export type GradientOut = Gradient[0];
export type GradientFrom = Gradient[1];
/** Those to read, with what the forward pass has kept. */
export type GradientFromKept =
  & GradientFrom
  & { readonly kept: NonNullable<GradientFrom["kept"]> };

/** See `Kernels.attentionGradient`; `variant` is chosen by the shape if not given. */
export function attentionGradient(
  context: GpuContext,
  out: GradientOut,
  from: GradientFrom,
  { scale, variant: given }: Gradient[2] & { variant?: AttentionVariant },
): void {
  const { q, k, kept } = from;
  const variant = kept === undefined
    ? undefined
    : given ?? chooseAttentionGradient(context, { q, k, kept: true });
  if (kept === undefined || variant?.name === "scores") {
    attentionGradientByScores(context, out, from, { scale });
  } else if (variant?.name === "matrix") {
    const options = { scale, matrices: variant.matrices };
    attentionGradientByMatrices(context, out, { ...from, kept }, options);
  } else attentionGradientByTiles(context, out, { ...from, kept }, { scale });
}

/** See `Kernels.attentionKeeps`. */
export function attentionKeeps(
  context: GpuContext,
  q: Tensor,
  k: Tensor,
): boolean {
  return chooseAttentionGradient(context, { q, k }).name !== "scores";
}

/** The gradients from what the forward pass has kept, without scores, in f32. */
export function attentionGradientByTiles(
  context: GpuContext,
  out: GradientOut,
  from: GradientFromKept,
  { scale }: Gradient[2],
): void {
  const spec = { headDim: from.q.shape[3]! };
  const { y, logSumExp } = from.kept;
  const delta = attentionDeltas(context, from.dy, y);
  runAttentionGradient(context, out, from, {
    scale,
    perQuery: [
      { view: viewOf(logSumExp), width: 1 },
      { view: delta, width: 1 },
    ],
    ofQueries: generated(
      "attention_gradient_queries",
      spec,
      () => attentionGradientOfQueriesWgsl(spec),
    ),
    ofKeys: generated(
      "attention_gradient_keys",
      spec,
      () => attentionGradientOfKeysWgsl(spec),
    ),
    rows: ATTENTION_BLOCK,
  });
  context.release(delta.storage);
}

/** Runs the two kernels of a gradient, whose workgroups have so many rows. */
export function runAttentionGradient(
  context: GpuContext,
  { dq, dk, dv }: GradientOut,
  { q, k, v, dy }: GradientFrom,
  { scale, perQuery, ofQueries, ofKeys, rows, side }: {
    scale: number;
    /** What is known of each query, `width` values at a time. */
    perQuery: readonly { readonly view: View; readonly width: number }[];
    ofQueries: KernelVariant;
    ofKeys: KernelVariant;
    rows: number;
    /** Invocations or elements along a side, if not those of the tiles. */
    side?: number;
  },
): void {
  const [B, H, Lq, D] = q.shape as readonly [number, number, number, number];
  const Lk = k.shape[2]!;
  const unused = (dk === undefined) !== (dv === undefined)
    ? context.allocate("f32", k.size)
    : undefined;
  const target = (tensor: Tensor | undefined): View =>
    tensor === undefined
      ? { storage: unused!, dtype: "f32", first: 0 }
      : viewOf(tensor);
  const workPerHead = 10 * Lq * Lk * D;
  forParts(
    B * H,
    mostHeads(context, { q, k, work: workPerHead }),
    (start, heads) => {
      const part = (view: View, row: number) =>
        bind(context, shifted(view, start * row), heads * row);
      const operands = [
        part(viewOf(q), Lq * D),
        part(viewOf(k), Lk * D),
        part(viewOf(v), Lk * D),
        part(viewOf(dy), Lq * D),
      ];
      const known = perQuery.map(({ view, width }) => {
        const { binding, first } = part(view, Lq * width);
        return { binding, first: first / width };
      });
      const run = (
        variant: KernelVariant,
        writes: readonly View[],
        { own, work }: { own: number; work: number },
      ) => {
        const targets = writes.map((view) => part(view, own * D));
        context.run({
          variant,
          reads: [...operands, ...known].map(({ binding }) => binding),
          writes: targets.map(({ binding }) => binding),
          ints: [
            ...attentionLoops(D, side),
            Lq,
            Lk,
            ...operands.map(({ first }) => first / 4),
            ...known.map(({ first }) => first),
            ...targets.map(({ first }) => first / 4),
          ],
          floats: [scale],
          workgroups: [Math.ceil(own / rows), heads, 1],
          work: heads * work * Lq * Lk * D,
        });
      };
      if (dq !== undefined) {
        run(ofQueries, [viewOf(dq)], { own: Lq, work: 6 });
      }
      if (dk !== undefined || dv !== undefined) {
        run(ofKeys, [target(dk), target(dv)], { own: Lk, work: 8 });
      }
    },
  );
  if (unused !== undefined) context.release(unused);
}
