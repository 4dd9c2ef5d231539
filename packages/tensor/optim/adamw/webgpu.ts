import type { DeviceArray } from "../../device_array.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import type { KernelVariant } from "../../webgpu/variant.ts";
import { bind, viewOf } from "../../webgpu/view.ts";
import { WG } from "../../webgpu/workgroup.ts";
import adamwWgsl from "./adamw.wgsl" with { type: "text" };
import type { AdamwKernel } from "./kernels.ts";

const ADAMW: KernelVariant = { name: "adamw", source: adamwWgsl };

export function adamwWebGpu(context: GpuContext): AdamwKernel {
  return (out, { param, grad, m, v }, options) => {
    const { beta1, beta2, decay, stepSize, denominatorScale, eps } = options;
    const whole = (x: DeviceArray) => bind(context, viewOf(x), x.size).binding;
    const length = Math.ceil(param.size / 4);
    context.run({
      variant: ADAMW,
      reads: [param, grad, m, v].map(whole),
      writes: [out.param, out.m, out.v].map(whole),
      ints: [0, length],
      floats: [
        1 - beta1,
        beta2,
        1 - beta2,
        decay,
        stepSize,
        denominatorScale,
        eps,
      ],
      workgroups: Math.ceil(length / WG),
      work: param.size * 16,
    });
  };
}
