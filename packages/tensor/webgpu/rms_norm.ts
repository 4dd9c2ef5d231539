import { rmsNormWgsl } from "@edit-transfer/kernels";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { forRows, rowShape, rowVariant } from "./row_reduction.ts";
import { bind, shifted, viewOf } from "./view.ts";

/** See `Kernels.rmsNorm`. */
export function rmsNorm(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  { weight, eps }: { weight: Tensor; eps: number },
): void {
  const D = x.shape.at(-1)!;
  const width = D % 4 === 0 ? 4 : 1;
  const shape = rowShape(context, D);
  forRows(context, { rows: x.size / D, C: D }, (start, rows) => {
    const from = bind(context, shifted(viewOf(x), start * D), rows * D);
    const to = bind(context, shifted(viewOf(out), start * D), rows * D);
    context.run({
      variant: rowVariant("rms_norm", rmsNormWgsl, { shape, width }),
      reads: [from.binding, bind(context, viewOf(weight), D).binding],
      writes: [to.binding],
      ints: [rows, D / width, from.first / width, to.first / width],
      floats: [D, eps],
      workgroups: Math.ceil(rows / shape.ROWS),
      work: rows * D * 16,
    });
  });
}
