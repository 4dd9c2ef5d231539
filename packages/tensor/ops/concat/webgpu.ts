import type { GpuContext } from "../../webgpu/context.ts";
import { copy } from "../../webgpu/copy.ts";
import { denseStrides } from "../../webgpu/strided.ts";
import { shifted, viewOf } from "../../webgpu/view.ts";
import type { ConcatKernel } from "./kernels.ts";

export function concatWebGpu(context: GpuContext): ConcatKernel {
  return (out, parts, axis) => {
    const toStrides = denseStrides(out.shape);
    let start = 0;
    for (const part of parts) {
      copy(context, part.shape, {
        from: viewOf(part),
        fromStrides: denseStrides(part.shape),
        to: shifted(viewOf(out), start * toStrides[axis]!),
        toStrides,
      });
      start += part.shape[axis]!;
    }
  };
}
