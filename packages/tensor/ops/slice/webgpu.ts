import type { GpuContext } from "../../webgpu/context.ts";
import { copy, offsetOf } from "../../webgpu/copy.ts";
import { denseStrides } from "../../webgpu/strided.ts";
import { shifted, viewOf } from "../../webgpu/view.ts";
import type { SliceKernel } from "./kernels.ts";

export function sliceWebGpu(context: GpuContext): SliceKernel {
  return (out, x, starts) => {
    const fromStrides = denseStrides(x.shape);
    copy(context, out.shape, {
      from: shifted(viewOf(x), offsetOf(starts, fromStrides)),
      fromStrides,
      to: viewOf(out),
      toStrides: denseStrides(out.shape),
    });
  };
}
