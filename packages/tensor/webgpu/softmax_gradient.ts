import { softmaxGradientWgsl } from "@edit-transfer/kernels";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { forRows, rowShape, rowVariant } from "./row_reduction.ts";
import { bind, shifted, type View, viewOf } from "./view.ts";

/** See `Kernels.softmaxGradient`. */
export function softmaxGradient(
  context: GpuContext,
  out: Tensor,
  y: Tensor,
  dy: Tensor,
): void {
  const C = y.shape.at(-1) ?? 1;
  scoreSoftmaxGradient(context, {
    out: viewOf(out),
    y: viewOf(y),
    dy: viewOf(dy),
    rows: y.size / C,
    C,
  });
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
