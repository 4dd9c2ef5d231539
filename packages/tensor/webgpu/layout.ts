import { copyWgsl } from "@edit-transfer/kernels";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { fill } from "./pointwise.ts";
import { denseStrides, runStrided } from "./strided.ts";
import type { KernelVariant } from "./variant.ts";
import { shifted, type View, viewOf } from "./view.ts";

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

/** See `Kernels.concat`. */
export function concat(
  context: GpuContext,
  out: Tensor,
  parts: readonly Tensor[],
  axis: number,
): void {
  const toStrides = denseStrides(out.shape);
  let start = 0;
  for (const part of parts) {
    copy(context, part.shape, {
      from: viewOf(part),
      fromStrides: denseStrides(part.shape),
      to: shifted(viewOf(out), start * toStrides[axis]!),
      toStrides,
    });
    start += part.shape[axis]!;
  }
}

/** See `Kernels.slice`. */
export function slice(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  starts: readonly number[],
): void {
  const fromStrides = denseStrides(x.shape);
  copy(context, out.shape, {
    from: shifted(viewOf(x), offsetOf(starts, fromStrides)),
    fromStrides,
    to: viewOf(out),
    toStrides: denseStrides(out.shape),
  });
}

/** See `Kernels.pad`. */
export function pad(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  { before, value }: { before: readonly number[]; value: number },
): void {
  fill(context, out, value);
  const toStrides = denseStrides(out.shape);
  copy(context, x.shape, {
    from: viewOf(x),
    fromStrides: denseStrides(x.shape),
    to: shifted(viewOf(out), offsetOf(before, toStrides)),
    toStrides,
  });
}

/** See `Kernels.permute`. */
export function permute(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  axes: readonly number[],
): void {
  const own = denseStrides(x.shape);
  copy(context, out.shape, {
    from: viewOf(x),
    fromStrides: axes.map((axis) => own[axis]!),
    to: viewOf(out),
    toStrides: denseStrides(out.shape),
  });
}

/** See `Kernels.upsampleNearest2d`. */
export function upsampleNearest2d(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  factor: number,
): void {
  const [B, h, w, C] = x.shape as readonly [number, number, number, number];
  const extents = [B, h, factor, w, factor, C];
  copy(context, extents, {
    from: viewOf(x),
    fromStrides: [h * w * C, w * C, 0, C, 0, 1],
    to: viewOf(out),
    toStrides: denseStrides(extents),
  });
}

function offsetOf(at: readonly number[], strides: readonly number[]): number {
  return at.reduce((n, start, axis) => n + start * strides[axis]!, 0);
}
