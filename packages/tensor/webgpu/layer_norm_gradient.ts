import { layerNormGradientWgsl } from "@edit-transfer/kernels";
import type { Kernels } from "../backend.ts";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { forRows, rowShape, rowVariant } from "./row_reduction.ts";
import { bind, bindOptional, shifted, viewOf } from "./view.ts";

/** See `Kernels.layerNormGradient`. */
export function layerNormGradient(
  context: GpuContext,
  out: Tensor,
  [x, dy]: readonly [x: Tensor, dy: Tensor],
  { weight, eps }: Parameters<Kernels["layerNormGradient"]>[3],
): void {
  const C = x.shape.at(-1)!;
  const width = C % 4 === 0 ? 4 : 1;
  const shape = rowShape(context, C);
  const gain = bindOptional(context, weight).binding;
  forRows(context, { rows: x.size / C, C }, (start, rows) => {
    const part = (tensor: Tensor) =>
      bind(context, shifted(viewOf(tensor), start * C), rows * C);
    const [from, incoming, to] = [part(x), part(dy), part(out)];
    context.run({
      variant: rowVariant("layer_norm_gradient", layerNormGradientWgsl, {
        shape,
        width,
      }),
      reads: [from.binding, incoming.binding, gain],
      writes: [to.binding],
      ints: [
        rows,
        C / width,
        from.first / width,
        incoming.first / width,
        to.first / width,
        Number(weight !== undefined),
      ],
      floats: [C, eps],
      workgroups: Math.ceil(rows / shape.ROWS),
      work: rows * C * 24,
    });
  });
}
