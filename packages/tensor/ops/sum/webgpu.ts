import type { GpuContext } from "../../webgpu/context.ts";
import type { KernelVariant } from "../../webgpu/variant.ts";
import {
  bind,
  forParts,
  maxElements,
  shifted,
  type View,
  viewOf,
} from "../../webgpu/view.ts";
import { WG } from "../../webgpu/workgroup.ts";
import type { SumKernel } from "./kernels.ts";
import sumWgsl from "./sum.wgsl" with { type: "text" };

const SUM: KernelVariant = { name: "sum", source: sumWgsl };

/** Terms that one invocation adds up. */
const TERMS = 64;

/** Sums of some terms, until one is left. */
export function sumWebGpu(context: GpuContext): SumKernel {
  return (out, x, { outer, n, inner }) => {
    let from = viewOf(x);
    for (let left = n; from.storage !== out.storage;) {
      const parts = left <= 2 * TERMS ? 1 : Math.ceil(left / TERMS);
      const to: View = parts === 1 ? viewOf(out) : {
        storage: context.allocate("f32", outer * parts * inner),
        dtype: "f32",
        first: 0,
      };
      const most = Math.floor(maxElements(context, "f32") / (left * inner));
      forParts(outer, Math.max(most, 1), (start, count) => {
        const read = bind(
          context,
          shifted(from, start * left * inner),
          count * left * inner,
        );
        const length = count * parts * inner;
        const write = bind(context, shifted(to, start * parts * inner), length);
        context.run({
          variant: SUM,
          reads: [read.binding],
          writes: [write.binding],
          ints: [length, left, inner, parts, read.first, write.first],
          workgroups: Math.ceil(length / WG),
          work: count * left * inner,
        });
      });
      if (from.storage !== x.storage) context.release(from.storage);
      from = to;
      left = parts;
    }
  };
}
