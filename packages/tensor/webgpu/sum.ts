import { sumWgsl } from "@edit-transfer/kernels";
import type { Kernels } from "../backend.ts";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import type { KernelVariant } from "./variant.ts";
import {
  bind,
  forParts,
  maxElements,
  shifted,
  type View,
  viewOf,
} from "./view.ts";
import { WG } from "./workgroup.ts";

const SUM: KernelVariant = { name: "sum", source: sumWgsl };

/** Terms that one invocation adds up. */
const TERMS = 64;

/** See `Kernels.sum`: sums of some terms, until one is left. */
export function sum(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  { outer, n, inner }: Parameters<Kernels["sum"]>[2],
): void {
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
}
