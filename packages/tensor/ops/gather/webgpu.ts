import type { DType } from "../../dtype.ts";
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
import gatherWgsl from "./gather.wgsl" with { type: "text" };
import type { GatherKernel } from "./kernels.ts";

const KINDS: readonly DType[] = ["f32", "f16", "bf16"];

const GATHER: readonly KernelVariant[] = KINDS.map((_, KIND) => ({
  name: "gather",
  source: gatherWgsl,
  spec: { KIND },
}));

export function gatherWebGpu(context: GpuContext): GatherKernel {
  return (out, table, indices) => {
    const [V, C] = table.shape as readonly [number, number];
    const variant = GATHER[KINDS.indexOf(table.dtype)];
    if (variant === undefined) {
      throw new TypeError(
        `Cannot gather as the table must be f32, f16 or bf16: got ${table.dtype}`,
      );
    }
    const tableRows = Math.floor(maxElements(context, viewOf(table).dtype) / C);
    const outRows = Math.floor(maxElements(context, "f32") / C);
    if (tableRows === 0 || outRows === 0) {
      throw new RangeError(
        `Cannot gather as a row exceeds what the device binds: got ${C} elements`,
      );
    }
    forParts(V, tableRows, (from, rows) => {
      const part = bind(context, shifted(viewOf(table), from * C), rows * C);
      forParts(indices.size, outRows, (start, count) => {
        const which = bind(context, shifted(viewOf(indices), start), count);
        const to = bind(context, shifted(viewOf(out), start * C), count * C);
        context.run({
          variant,
          reads: [part.binding, which.binding],
          writes: [to.binding],
          ints: [
            count * C,
            C,
            V,
            from,
            from + rows,
            part.first,
            which.first,
            to.first,
          ],
          workgroups: Math.ceil(count * C / WG),
          work: count * C * 2,
        });
      });
    });
  };
}
