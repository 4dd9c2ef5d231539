import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { copy } from "./copy.ts";
import { denseStrides } from "./strided.ts";
import { shifted, viewOf } from "./view.ts";

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
