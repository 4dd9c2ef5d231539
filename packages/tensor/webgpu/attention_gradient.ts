import {
  ATTENTION_BLOCK,
  attentionGradientOfKeysWgsl,
  attentionGradientOfQueriesWgsl,
  attentionLoops,
  rowDotWgsl,
} from "@edit-transfer/kernels";
import type { Kernels } from "../backend.ts";
import type { Tensor } from "../tensor.ts";
import { chooseAttention, mostHeads } from "./attention_choice.ts";
import { attentionGradientByScores } from "./attention_gradient_scores.ts";
import type { GpuContext } from "./context.ts";
import type { GpuStorage } from "./pool.ts";
import { forRows, rowShape, rowVariant } from "./row_reduction.ts";
import { generated } from "./variant.ts";
import { bind, forParts, shifted, type View, viewOf } from "./view.ts";

type Gradient = Parameters<Kernels["attentionGradient"]>;
/** The tensors to write and those to read. */
export type GradientOut = Gradient[0];
export type GradientFrom = Gradient[1];
/** Where the forward pass has kept its result and log-sum-exp. */
type Kept = NonNullable<GradientFrom["kept"]>;

/** See `Kernels.attentionGradient`. */
export function attentionGradient(
  context: GpuContext,
  out: GradientOut,
  from: GradientFrom,
  options: Gradient[2],
): void {
  if (from.kept === undefined) {
    attentionGradientByScores(context, out, from, options);
  } else attentionGradientByTiles(context, out, from, options);
}

/** See `Kernels.attentionKeeps`. */
export function attentionKeeps(
  context: GpuContext,
  q: Tensor,
  k: Tensor,
): boolean {
  return chooseAttention(context, { q, k, bias: undefined }).name !== "scores";
}

/** The gradients from what the forward pass has kept, without scores. */
export function attentionGradientByTiles(
  context: GpuContext,
  { dq, dk, dv }: GradientOut,
  { q, k, v, dy, kept }: GradientFrom,
  { scale }: Gradient[2],
): void {
  const { y, logSumExp } = kept as Kept;
  const [B, H, Lq, D] = q.shape as readonly [number, number, number, number];
  const Lk = k.shape[2]!;
  const delta = rowDots(context, dy, y);
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
      const rows = [
        part(viewOf(logSumExp), Lq),
        part({ storage: delta, dtype: "f32", first: 0 }, Lq),
      ];
      const run = (
        name: string,
        source: typeof attentionGradientOfKeysWgsl,
        writes: readonly View[],
        { own, row, work }: { own: number; row: number; work: number },
      ) => {
        const targets = writes.map((view) => part(view, row));
        const spec = { headDim: D };
        context.run({
          variant: generated(name, spec, () => source(spec)),
          reads: [...operands, ...rows].map(({ binding }) => binding),
          writes: targets.map(({ binding }) => binding),
          ints: [
            ...attentionLoops(D),
            Lq,
            Lk,
            ...operands.map(({ first }) => first / 4),
            ...rows.map(({ first }) => first),
            ...targets.map(({ first }) => first / 4),
          ],
          floats: [scale],
          workgroups: [Math.ceil(own / ATTENTION_BLOCK), heads, 1],
          work: heads * work,
        });
      };
      if (dq !== undefined) {
        run("attention_gradient_queries", attentionGradientOfQueriesWgsl, [
          viewOf(dq),
        ], { own: Lq, row: Lq * D, work: 6 * Lq * Lk * D });
      }
      if (dk !== undefined || dv !== undefined) {
        run("attention_gradient_keys", attentionGradientOfKeysWgsl, [
          target(dk),
          target(dv),
        ], { own: Lk, row: Lk * D, work: 8 * Lq * Lk * D });
      }
    },
  );
  context.release(delta);
  if (unused !== undefined) context.release(unused);
}

/** `Σ a b` over the last axis. */
function rowDots(context: GpuContext, a: Tensor, b: Tensor): GpuStorage {
  const C = a.shape.at(-1)!;
  const storage = context.allocate("f32", a.size / C);
  const width = C % 4 === 0 ? 4 : 1;
  const shape = rowShape(context, C);
  forRows(context, { rows: a.size / C, C }, (start, rows) => {
    const part = (tensor: Tensor) =>
      bind(context, shifted(viewOf(tensor), start * C), rows * C);
    const [left, right] = [part(a), part(b)];
    const to = bind(context, { storage, dtype: "f32", first: start }, rows);
    context.run({
      variant: rowVariant("row_dot", rowDotWgsl, { shape, width }),
      reads: [left.binding, right.binding],
      writes: [to.binding],
      ints: [
        rows,
        C / width,
        left.first / width,
        right.first / width,
        to.first,
      ],
      workgroups: Math.ceil(rows / shape.ROWS),
      work: rows * C * 2,
    });
  });
  return storage;
}
