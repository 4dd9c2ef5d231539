import type { DeviceArray } from "../../device_array.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import { forRows, rowShape, rowVariant } from "../../webgpu/row_reduction.ts";
import { bind, bindOptional, shifted, viewOf } from "../../webgpu/view.ts";
import type { LayerNormModulateKernel } from "../layer_norm_modulate/kernels.ts";
import type { LayerNormKernel } from "./kernels.ts";
import layerNormWgsl from "./layer_norm.wgsl" with { type: "text" };

/** Above the number of any row. */
const ALL_ROWS = 2 ** 32 - 1;

export function layerNormWebGpu(context: GpuContext): LayerNormKernel {
  return (out, x, options) => {
    run(context, out, x, { ...options, one: 0, sampleRows: ALL_ROWS });
  };
}

export function layerNormModulateWebGpu(
  context: GpuContext,
): LayerNormModulateKernel {
  return (out, x, { shift, scale, eps }) => {
    const sampleRows = x.shape[1]!;
    run(context, out, x, {
      weight: scale,
      bias: shift,
      eps,
      one: 1,
      sampleRows,
    });
  };
}

function run(
  context: GpuContext,
  out: DeviceArray,
  x: DeviceArray,
  { weight, bias, eps, one, sampleRows }:
    & Parameters<LayerNormKernel>[2]
    & { one: number; sampleRows: number },
): void {
  const C = x.shape.at(-1)!;
  const width = C % 4 === 0 ? 4 : 1;
  const shape = rowShape(context, C);
  const gain = bindOptional(context, weight).binding;
  const offset = bindOptional(context, bias).binding;
  forRows(context, { rows: x.size / C, C }, (start, rows) => {
    const from = bind(context, shifted(viewOf(x), start * C), rows * C);
    const to = bind(context, shifted(viewOf(out), start * C), rows * C);
    context.run({
      variant: rowVariant("layer_norm", layerNormWgsl, { shape, width }),
      reads: [from.binding, gain, offset],
      writes: [to.binding],
      ints: [
        rows,
        C / width,
        from.first / width,
        to.first / width,
        Number(weight !== undefined),
        Number(bias !== undefined),
        start,
        sampleRows,
      ],
      floats: [one, C, eps],
      workgroups: Math.ceil(rows / shape.ROWS),
      work: rows * C * 16,
    });
  });
}
