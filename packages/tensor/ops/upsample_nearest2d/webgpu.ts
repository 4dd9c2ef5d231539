import type { GpuContext } from "../../webgpu/context.ts";
import { copy } from "../../webgpu/copy.ts";
import { denseStrides } from "../../webgpu/strided.ts";
import { viewOf } from "../../webgpu/view.ts";
import type { UpsampleNearest2dKernel } from "./kernels.ts";

export function upsampleNearest2dWebGpu(
  context: GpuContext,
): UpsampleNearest2dKernel {
  return (out, x, factor) => {
    const [B, h, w, C] = x.shape as readonly [number, number, number, number];
    const extents = [B, h, factor, w, factor, C];
    copy(context, extents, {
      from: viewOf(x),
      fromStrides: [h * w * C, w * C, 0, C, 0, 1],
      to: viewOf(out),
      toStrides: denseStrides(extents),
    });
  };
}
