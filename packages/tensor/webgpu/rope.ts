import { ropeWgsl } from "@edit-transfer/kernels";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import type { KernelVariant } from "./variant.ts";
import { bind, forParts, maxElements, shifted, viewOf } from "./view.ts";
import { WG } from "./workgroup.ts";

const ROPE: KernelVariant = { name: "rope", source: ropeWgsl };

/** See `Kernels.rope`. */
export function rope(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  { cos, sin }: { cos: Tensor; sin: Tensor },
): void {
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
}
