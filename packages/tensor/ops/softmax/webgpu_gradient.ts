import type { GpuContext } from "../../webgpu/context.ts";
import { forRows, rowShape, rowVariant } from "../../webgpu/row_reduction.ts";
import { bind, shifted, type View, viewOf } from "../../webgpu/view.ts";
import type { SoftmaxGradientKernel } from "./kernels.ts";
import softmaxGradientWgsl from "./softmax_gradient.wgsl" with { type: "text" };

export function softmaxGradientWebGpu(
  context: GpuContext,
): SoftmaxGradientKernel {
  return (out, y, dy) => {
    const C = y.shape.at(-1) ?? 1;
    scoreSoftmaxGradient(context, {
      out: viewOf(out),
      y: viewOf(y),
      dy: viewOf(dy),
      rows: y.size / C,
      C,
    });
  };
}

/** Gradient of a softmax by its rows. */
export function scoreSoftmaxGradient(
  context: GpuContext,
  { out, y, dy, rows, C }: {
    out: View;
    y: View;
    dy: View;
    rows: number;
    C: number;
  },
): void {
  const width = C % 4 === 0 ? 4 : 1;
  const shape = rowShape(context, C);
  forRows(context, { rows, C }, (start, count) => {
    const part = (view: View) =>
      bind(context, shifted(view, start * C), count * C);
    const [from, incoming, to] = [part(y), part(dy), part(out)];
    context.run({
      variant: rowVariant("softmax_gradient", softmaxGradientWgsl, {
        shape,
        width,
      }),
      reads: [from.binding, incoming.binding],
      writes: [to.binding],
      ints: [
        count,
        C / width,
        from.first / width,
        incoming.first / width,
        to.first / width,
      ],
      workgroups: Math.ceil(count / shape.ROWS),
      work: count * C * 8,
    });
  });
}
