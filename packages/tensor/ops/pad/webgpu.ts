import type { GpuContext } from "../../webgpu/context.ts";
import { copy, offsetOf } from "../../webgpu/copy.ts";
import { fill } from "../../webgpu/fill.ts";
import { denseStrides } from "../../webgpu/strided.ts";
import { shifted, viewOf } from "../../webgpu/view.ts";
import type { PadKernel } from "./kernels.ts";

export function padWebGpu(context: GpuContext): PadKernel {
  return (out, x, before, value) => {
    fill(context, out, value);
    const toStrides = denseStrides(out.shape);
    copy(context, x.shape, {
      from: viewOf(x),
      fromStrides: denseStrides(x.shape),
      to: shifted(viewOf(out), offsetOf(before, toStrides)),
      toStrides,
    });
  };
}
