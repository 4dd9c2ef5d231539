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
import gatherGradientWgsl from "./gather_gradient.wgsl" with { type: "text" };
import type { GatherGradientKernel } from "./kernels.ts";

const GATHER_GRADIENT: KernelVariant = {
  name: "gather_gradient",
  source: gatherGradientWgsl,
};

export function gatherGradientWebGpu(
  context: GpuContext,
): GatherGradientKernel {
  return (out, dy, indices) => {
    const C = out.shape[1]!;
    const n = indices.size;
    const incoming = bind(context, viewOf(dy), dy.size);
    const rows = bind(context, viewOf(indices), n);
    forParts(out.size, maxElements(context, "f32"), (start, length) => {
      const to = bind(context, shifted(viewOf(out), start), length);
      context.run({
        variant: GATHER_GRADIENT,
        reads: [incoming.binding, rows.binding],
        writes: [to.binding],
        ints: [length, C, n, start, incoming.first, rows.first, to.first],
        workgroups: Math.ceil(length / WG),
        work: length * n,
      });
    });
  };
}
