import type { DeviceArray } from "../device_array.ts";
import type { GpuContext } from "./context.ts";
import type { KernelVariant } from "./variant.ts";
import { bind, forParts, maxElements, shifted, viewOf } from "./view.ts";
import { WG } from "./workgroup.ts";

/** Runs a kernel that maps four elements to four. */
export function pointwise(
  context: GpuContext,
  out: DeviceArray,
  x: DeviceArray,
  { variant, floats }: { variant: KernelVariant; floats: readonly number[] },
): void {
  forParts(x.size, maxElements(context, "f32"), (start, size) => {
    const from = bind(context, shifted(viewOf(x), start), size);
    const to = bind(context, shifted(viewOf(out), start), size);
    const length = Math.ceil(size / 4);
    context.run({
      variant,
      reads: [from.binding],
      writes: [to.binding],
      ints: [from.first / 4, length, to.first / 4],
      floats,
      workgroups: Math.ceil(length / WG),
      work: size * 8,
    });
  });
}

/** A kernel for single elements, and one for four at a time. */
export function byWidth(
  name: string,
  source: string,
): Readonly<Record<number, KernelVariant>> {
  return {
    1: { name, source, spec: { T: "f32" } },
    4: { name, source, spec: { T: "vec4f" } },
  };
}
