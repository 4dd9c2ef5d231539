import { type DenseDType, DTYPE_BYTES } from "../../dtype.ts";
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
import castWgsl from "./cast.wgsl" with { type: "text" };
import type { CastKernel } from "./kernels.ts";

const KINDS: readonly DenseDType[] = ["f32", "f16", "bf16"];

const CAST: Readonly<Record<string, KernelVariant>> = Object.fromEntries(
  KINDS.flatMap((from, FROM) =>
    KINDS.map((to, TO) => [`${from},${to}`, {
      name: "cast",
      source: castWgsl,
      spec: { FROM, TO },
    }])
  ),
);

export function castWebGpu(context: GpuContext): CastKernel {
  return (out, x) => {
    const variant = CAST[`${x.dtype},${out.dtype}`];
    if (variant === undefined) {
      throw new TypeError(
        `Cannot cast as only f32, f16 and bf16 convert: got ${x.dtype} to ${out.dtype}`,
      );
    }
    const words = (first: number, { dtype }: View) =>
      first * DTYPE_BYTES[dtype] / 4;
    const most = maxElements(context, "f32"); // the start of each part is even
    forParts(x.size, most, (start, size) => {
      const from = bind(context, shifted(viewOf(x), start), size);
      const to = bind(context, shifted(viewOf(out), start), size);
      const length = Math.ceil(size / 2);
      context.run({
        variant,
        reads: [from.binding],
        writes: [to.binding],
        ints: [
          length,
          words(from.first, viewOf(x)),
          words(to.first, viewOf(out)),
        ],
        workgroups: Math.ceil(length / WG),
        work: size * 4,
      });
    });
  };
}
