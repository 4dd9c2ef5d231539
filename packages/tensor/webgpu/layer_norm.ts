import { layerNormWgsl } from "@edit-transfer/kernels";
import type { Kernels } from "../backend.ts";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { forRows, rowShape, rowVariant } from "./row_reduction.ts";
import { bind, bindOptional, shifted, viewOf } from "./view.ts";

/** Above the number of any row. */
const ALL_ROWS = 2 ** 32 - 1;

/** See `Kernels.layerNorm`. */
export function layerNorm(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  options: Parameters<Kernels["layerNorm"]>[2],
): void {
  run(context, out, x, { ...options, one: 0, sampleRows: ALL_ROWS });
}

/** See `Kernels.layerNormModulate`. */
export function layerNormModulate(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  { shift, scale, eps }: Parameters<Kernels["layerNormModulate"]>[2],
): void {
  const sampleRows = x.shape[1]!;
  run(context, out, x, { weight: scale, bias: shift, eps, one: 1, sampleRows });
}

function run(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  { weight, bias, eps, one, sampleRows }:
    & Parameters<Kernels["layerNorm"]>[2]
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
