import type { GpuContext } from "../../webgpu/context.ts";
import { forRows, rowShape, rowVariant } from "../../webgpu/row_reduction.ts";
import { absent, bind, shifted, type View, viewOf } from "../../webgpu/view.ts";
import type { SoftmaxKernel } from "./kernels.ts";
import softmaxWgsl from "./softmax.wgsl" with { type: "text" };

export function softmaxWebGpu(context: GpuContext): SoftmaxKernel {
  return (out, x) => {
    const C = x.shape.at(-1)!;
    scoreSoftmax(context, {
      out: viewOf(out),
      x: viewOf(x),
      rows: x.size / C,
      C,
      scale: 1,
    });
  };
}

/** Bias of attention scores, `[1 | B, 1 | H, Lq, C]`. */
export interface ScoreBias {
  readonly view: View;
  readonly length: number;
  readonly H: number;
  readonly batchStride: number;
  readonly headStride: number;
  /** Batch times H plus head of row 0, whose query is 0 of those in `view`. */
  readonly headFirst: number;
}

/** Softmax of `scale x + bias`, row by row. */
export function scoreSoftmax(
  context: GpuContext,
  { out, x, rows, C, scale, bias, queries = rows }: {
    out: View;
    x: View;
    rows: number;
    C: number;
    scale: number;
    readonly bias?: ScoreBias | undefined;
    /** Queries of each head among the rows. */
    readonly queries?: number | undefined;
  },
): void {
  const shape = rowShape(context, C);
  const added = bias === undefined
    ? absent(context)
    : bind(context, bias.view, bias.length);
  forRows(context, { rows, C }, (start, count) => {
    const from = bind(context, shifted(x, start * C), count * C);
    const to = bind(context, shifted(out, start * C), count * C);
    context.run({
      variant: rowVariant("softmax", softmaxWgsl, { shape }),
      reads: [from.binding, added.binding],
      writes: [to.binding],
      ints: [
        count,
        C,
        from.first,
        to.first,
        Number(bias !== undefined),
        queries,
        bias?.H ?? 1,
        bias?.headFirst ?? 0,
        start,
        added.first,
        bias?.batchStride ?? 0,
        bias?.headStride ?? 0,
      ],
      floats: [scale],
      workgroups: Math.ceil(count / shape.ROWS),
      work: count * C * 24,
    });
  });
}
