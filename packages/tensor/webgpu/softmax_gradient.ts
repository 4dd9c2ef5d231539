import { softmaxGradientWgsl } from "@edit-transfer/kernels";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { forRows, rowShape, rowVariant } from "./row_reduction.ts";
import { bind, shifted, viewOf } from "./view.ts";

/** See `Kernels.softmaxGradient`. */
export function softmaxGradient(
  context: GpuContext,
  out: Tensor,
  y: Tensor,
  dy: Tensor,
): void {
  const C = y.shape.at(-1) ?? 1;
  const width = C % 4 === 0 ? 4 : 1;
  const shape = rowShape(context, C);
  forRows(context, { rows: y.size / C, C }, (start, rows) => {
    const part = (tensor: Tensor) =>
      bind(context, shifted(viewOf(tensor), start * C), rows * C);
    const [from, incoming, to] = [part(y), part(dy), part(out)];
    context.run({
      variant: rowVariant("softmax_gradient", softmaxGradientWgsl, {
        shape,
        width,
      }),
      reads: [from.binding, incoming.binding],
      writes: [to.binding],
      ints: [
        rows,
        C / width,
        from.first / width,
        incoming.first / width,
        to.first / width,
      ],
      workgroups: Math.ceil(rows / shape.ROWS),
      work: rows * C * 8,
    });
  });
}
