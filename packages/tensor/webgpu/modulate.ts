import { modulateWgsl } from "@edit-transfer/kernels";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { byWidth } from "./pointwise.ts";
import { bind, forParts, maxElements, shifted, viewOf } from "./view.ts";
import { WG } from "./workgroup.ts";

const MODULATE = byWidth("modulate", modulateWgsl);

/** See `Kernels.modulate`. */
export function modulate(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  { shift, scale }: { shift: Tensor; scale: Tensor },
): void {
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
      ints: [start, size, C, L * C, from.first, to.first].map((n) => n / width),
      workgroups: Math.ceil(length / WG),
      work: size * 8,
    });
  });
}
