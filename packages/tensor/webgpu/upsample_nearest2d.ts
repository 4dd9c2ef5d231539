import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { copy } from "./copy.ts";
import { denseStrides } from "./strided.ts";
import { viewOf } from "./view.ts";

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
