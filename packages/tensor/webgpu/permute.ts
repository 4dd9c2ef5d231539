import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { copy } from "./copy.ts";
import { denseStrides } from "./strided.ts";
import { viewOf } from "./view.ts";

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
