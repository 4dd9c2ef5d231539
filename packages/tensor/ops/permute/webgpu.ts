import type { GpuContext } from "../../webgpu/context.ts";
import { copy } from "../../webgpu/copy.ts";
import { denseStrides } from "../../webgpu/strided.ts";
import { viewOf } from "../../webgpu/view.ts";
import type { PermuteKernel } from "./kernels.ts";

export function permuteWebGpu(context: GpuContext): PermuteKernel {
  return (out, x, axes) => {
    const own = denseStrides(x.shape);
    copy(context, out.shape, {
      from: viewOf(x),
      fromStrides: axes.map((axis) => own[axis]!),
      to: viewOf(out),
      toStrides: denseStrides(out.shape),
    });
  };
}
