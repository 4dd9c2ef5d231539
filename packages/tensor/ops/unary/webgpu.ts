import type { GpuContext } from "../../webgpu/context.ts";
import { pointwise } from "../../webgpu/pointwise.ts";
import { generated } from "../../webgpu/variant.ts";
import type { UnaryKernel } from "./kernels.ts";
import { unaryWgsl } from "./wgsl.ts";

export function unaryWebGpu(context: GpuContext): UnaryKernel {
  return (out, x, f) => {
    const variant = generated("unary", { f }, () => unaryWgsl(f));
    pointwise(context, out, x, { variant, floats: [] });
  };
}
