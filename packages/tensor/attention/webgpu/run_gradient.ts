import type { DeviceArray } from "../../device_array.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import type { KernelVariant } from "../../webgpu/variant.ts";
import {
  bind,
  forParts,
  shifted,
  type View,
  viewOf,
} from "../../webgpu/view.ts";
import type { AttentionGradientKernel } from "../kernels.ts";
import { attentionLoops } from "../wgsl/blocks.ts";
import { mostHeads } from "./choice.ts";

type Gradient = Parameters<AttentionGradientKernel>;
/** The tensors to write and those to read. */
export type GradientOut = Gradient[0];
export type GradientFrom = Gradient[1];
/** Those to read, with what the forward pass has kept. */
export type GradientFromKept =
  & GradientFrom
  & { readonly kept: NonNullable<GradientFrom["kept"]> };

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
    readonly side?: number | undefined;
  },
): void {
  const [B, H, Lq, D] = q.shape as readonly [number, number, number, number];
  const Lk = k.shape[2]!;
  const unused = (dk === undefined) !== (dv === undefined)
    ? context.allocate("f32", k.size)
    : undefined;
  const target = (tensor: DeviceArray | undefined): View =>
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
