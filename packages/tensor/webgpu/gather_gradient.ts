import { gatherGradientWgsl } from "@edit-transfer/kernels";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import type { KernelVariant } from "./variant.ts";
import { bind, forParts, maxElements, shifted, viewOf } from "./view.ts";
import { WG } from "./workgroup.ts";

const GATHER_GRADIENT: KernelVariant = {
  name: "gather_gradient",
  source: gatherGradientWgsl,
};

/** See `Kernels.gatherGradient`. */
export function gatherGradient(
  context: GpuContext,
  out: Tensor,
  dy: Tensor,
  indices: Tensor,
): void {
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
}
