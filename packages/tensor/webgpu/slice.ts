import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { copy, offsetOf } from "./copy.ts";
import { denseStrides } from "./strided.ts";
import { shifted, viewOf } from "./view.ts";

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
