import type { GpuContext } from "../../webgpu/context.ts";
import { byWidth } from "../../webgpu/pointwise.ts";
import {
  bind,
  forParts,
  maxElements,
  shifted,
  viewOf,
} from "../../webgpu/view.ts";
import { WG } from "../../webgpu/workgroup.ts";
import type { ModulateKernel } from "./kernels.ts";
import modulateWgsl from "./modulate.wgsl" with { type: "text" };

const MODULATE = byWidth("modulate", modulateWgsl);

export function modulateWebGpu(context: GpuContext): ModulateKernel {
  return (out, x, shift, scale) => {
    const [, L, C] = x.shape as readonly [number, number, number];
    const width = C % 4 === 0 ? 4 : 1;
    forParts(x.size, maxElements(context, "f32"), (start, size) => {
      const from = bind(context, shifted(viewOf(x), start), size);
      const to = bind(context, shifted(viewOf(out), start), size);
      const length = size / width;
      context.run({
        variant: MODULATE[width]!,
        reads: [
          from.binding,
          bind(context, viewOf(shift), shift.size).binding,
          bind(context, viewOf(scale), scale.size).binding,
        ],
        writes: [to.binding],
        ints: [start, size, C, L * C, from.first, to.first].map((n) =>
          n / width
        ),
        workgroups: Math.ceil(length / WG),
        work: size * 8,
      });
    });
  };
}
