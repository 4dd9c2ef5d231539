import type { GpuContext } from "../../webgpu/context.ts";
import type { KernelVariant } from "../../webgpu/variant.ts";
import {
  bind,
  forParts,
  maxElements,
  shifted,
  viewOf,
} from "../../webgpu/view.ts";
import { WG } from "../../webgpu/workgroup.ts";
import type { RopeKernel } from "./kernels.ts";
import ropeWgsl from "./rope.wgsl" with { type: "text" };

const ROPE: KernelVariant = { name: "rope", source: ropeWgsl };

export function ropeWebGpu(context: GpuContext): RopeKernel {
  return (out, x, cos, sin) => {
    forParts(x.size, maxElements(context, "f32"), (start, size) => {
      const from = bind(context, shifted(viewOf(x), start), size);
      const to = bind(context, shifted(viewOf(out), start), size);
      const length = size / 2;
      context.run({
        variant: ROPE,
        reads: [
          from.binding,
          bind(context, viewOf(cos), cos.size).binding,
          bind(context, viewOf(sin), sin.size).binding,
        ],
        writes: [to.binding],
        ints: [start / 2, length, cos.size, from.first / 2, to.first / 2],
        workgroups: Math.ceil(length / WG),
        work: size * 4,
      });
    });
  };
}
