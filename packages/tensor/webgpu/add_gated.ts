import { addGatedWgsl } from "@edit-transfer/kernels";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { byWidth } from "./pointwise.ts";
import { bind, forParts, maxElements, shifted, viewOf } from "./view.ts";
import { WG } from "./workgroup.ts";

const ADD_GATED = byWidth("add_gated", addGatedWgsl);

/** See `Kernels.addGated`. */
export function addGated(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  { gate, y }: { gate: Tensor; y: Tensor },
): void {
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
}
