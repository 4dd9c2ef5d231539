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
import addGatedWgsl from "./add_gated.wgsl" with { type: "text" };
import type { AddGatedKernel } from "./kernels.ts";

const ADD_GATED = byWidth("add_gated", addGatedWgsl);

export function addGatedWebGpu(context: GpuContext): AddGatedKernel {
  return (out, x, gate, y) => {
    const [, C] = gate.shape as readonly [number, number];
    const L = x.size / gate.size;
    const width = C % 4 === 0 ? 4 : 1;
    forParts(x.size, maxElements(context, "f32"), (start, size) => {
      const from = bind(context, shifted(viewOf(x), start), size);
      const added = bind(context, shifted(viewOf(y), start), size);
      const to = bind(context, shifted(viewOf(out), start), size);
      const length = size / width;
      context.run({
        variant: ADD_GATED[width]!,
        reads: [
          from.binding,
          bind(context, viewOf(gate), gate.size).binding,
          added.binding,
        ],
        writes: [to.binding],
        ints: [start, size, C, L * C, from.first, added.first, to.first]
          .map((n) => n / width),
        workgroups: Math.ceil(length / WG),
        work: size * 8,
      });
    });
  };
}
