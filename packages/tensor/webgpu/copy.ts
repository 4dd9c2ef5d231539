import type { GpuContext } from "./context.ts";
import copyWgsl from "./copy.wgsl" with { type: "text" };
import { runStrided } from "./strided.ts";
import type { KernelVariant } from "./variant.ts";
import type { View } from "./view.ts";

const COPY: Readonly<Record<number, KernelVariant>> = {
  1: { name: "copy", source: copyWgsl, spec: { T: "u32" } },
  4: { name: "copy", source: copyWgsl, spec: { T: "vec4u" } },
};

/** Copies elements from one strided view to another. */
export function copy(
  context: GpuContext,
  extents: readonly number[],
  { from, fromStrides, to, toStrides }: {
    from: View;
    fromStrides: readonly number[];
    to: View;
    toStrides: readonly number[];
  },
): void {
  runStrided(context, {
    extents,
    reads: [{ view: from, strides: fromStrides }],
    out: { view: to, strides: toStrides },
    variant: ([width]) => COPY[width!]!,
  });
}

/** Elements from the start of an array to a position in it. */
export function offsetOf(
  at: readonly number[],
  strides: readonly number[],
): number {
  return at.reduce((n, start, axis) => n + start * strides[axis]!, 0);
}
