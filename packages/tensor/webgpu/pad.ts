import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { copy, offsetOf } from "./copy.ts";
import { fill } from "./fill.ts";
import { denseStrides } from "./strided.ts";
import { shifted, viewOf } from "./view.ts";

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
