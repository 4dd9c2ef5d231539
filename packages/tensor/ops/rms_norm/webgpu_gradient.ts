import type { DeviceArray } from "../../device_array.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import { forRows, rowShape, rowVariant } from "../../webgpu/row_reduction.ts";
import { bind, shifted, viewOf } from "../../webgpu/view.ts";
import type { RmsNormGradientKernel } from "./kernels.ts";
import rmsNormGradientWgsl from "./rms_norm_gradient.wgsl" with {
  type: "text",
};

export function rmsNormGradientWebGpu(
  context: GpuContext,
): RmsNormGradientKernel {
  return (out, x, dy, { weight, eps }) => {
    const C = x.shape.at(-1)!;
    const width = C % 4 === 0 ? 4 : 1;
    const shape = rowShape(context, C);
    const gain = bind(context, viewOf(weight), C).binding;
    forRows(context, { rows: x.size / C, C }, (start, rows) => {
      const part = (tensor: DeviceArray) =>
        bind(context, shifted(viewOf(tensor), start * C), rows * C);
      const [from, incoming, to] = [part(x), part(dy), part(out)];
      context.run({
        variant: rowVariant("rms_norm_gradient", rmsNormGradientWgsl, {
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
        ],
        floats: [C, eps],
        workgroups: Math.ceil(rows / shape.ROWS),
        work: rows * C * 24,
      });
    });
  };
}
