import type { GpuContext } from "../../webgpu/context.ts";
import { forRows, rowShape, rowVariant } from "../../webgpu/row_reduction.ts";
import { bind, shifted, viewOf } from "../../webgpu/view.ts";
import type { RmsNormKernel } from "./kernels.ts";
import rmsNormWgsl from "./rms_norm.wgsl" with { type: "text" };

export function rmsNormWebGpu(context: GpuContext): RmsNormKernel {
  return (out, x, weight, eps) => {
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
  };
}
