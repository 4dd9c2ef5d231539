import type { DeviceArray } from "../device_array.ts";
import { DTYPE_BYTES } from "../dtype.ts";
import type { GpuContext } from "./context.ts";
import fillWgsl from "./fill.wgsl" with { type: "text" };
import type { KernelVariant } from "./variant.ts";
import { bind, forParts, maxElements, shifted, viewOf } from "./view.ts";
import { WG } from "./workgroup.ts";

const FILL: KernelVariant = { name: "fill", source: fillWgsl };

/** Sets all elements of a tensor. */
export function fill(
  context: GpuContext,
  out: DeviceArray,
  value: number,
): void {
  const { dtype } = viewOf(out);
  const bytes = DTYPE_BYTES[dtype];
  if (bytes !== 4 && value !== 0) {
    throw new TypeError(
      `Cannot fill ${out.dtype} as only 0 is known: got ${value}, cast to f32 first`,
    );
  }
  const bits = new Uint32Array(
    (out.dtype === "i32" ? Int32Array.of(value) : Float32Array.of(value))
      .buffer,
  )[0]!;
  forParts(out.size, maxElements(context, dtype), (start, size) => {
    const to = bind(context, shifted(viewOf(out), start), size);
    const length = Math.ceil(size * bytes / 16);
    context.run({
      variant: FILL,
      reads: [],
      writes: [to.binding],
      ints: [to.first * bytes / 16, length, bits],
      workgroups: Math.ceil(length / WG),
      work: size,
    });
  });
}
