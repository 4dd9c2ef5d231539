import type { DeviceArray } from "../../device_array.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import { generated } from "../../webgpu/variant.ts";
import {
  bind,
  forParts,
  maxElements,
  shifted,
  viewOf,
} from "../../webgpu/view.ts";
import { WG } from "../../webgpu/workgroup.ts";
import type { UnaryGradientKernel } from "./kernels.ts";
import { unaryGradientWgsl } from "./wgsl.ts";

export function unaryGradientWebGpu(context: GpuContext): UnaryGradientKernel {
  return (out, x, dy, f) => {
    forParts(x.size, maxElements(context, "f32"), (start, size) => {
      const part = (tensor: DeviceArray) =>
        bind(context, shifted(viewOf(tensor), start), size);
      const [from, incoming, to] = [part(x), part(dy), part(out)];
      const length = Math.ceil(size / 4);
      context.run({
        variant: generated("unary_gradient", { f }, () => unaryGradientWgsl(f)),
        reads: [from.binding, incoming.binding],
        writes: [to.binding],
        ints: [from.first / 4, incoming.first / 4, to.first / 4, length],
        workgroups: Math.ceil(length / WG),
        work: size * 16,
      });
    });
  };
}
