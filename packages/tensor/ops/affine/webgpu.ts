import type { GpuContext } from "../../webgpu/context.ts";
import { pointwise } from "../../webgpu/pointwise.ts";
import type { KernelVariant } from "../../webgpu/variant.ts";
import affineWgsl from "./affine.wgsl" with { type: "text" };
import type { AffineKernel } from "./kernels.ts";

const AFFINE: KernelVariant = { name: "affine", source: affineWgsl };

export function affineWebGpu(context: GpuContext): AffineKernel {
  return (out, x, alpha, beta) => {
    pointwise(context, out, x, { variant: AFFINE, floats: [alpha, beta] });
  };
}
