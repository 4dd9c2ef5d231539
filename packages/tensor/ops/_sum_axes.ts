import type { Tensor } from "../tensor.ts";
import { extentOf, sameShape } from "./_axis.ts";
import { output } from "./_output.ts";

/** Sum of a tensor over some axes, whose extents become 1. */
export function sumAxes(x: Tensor, axes: ReadonlySet<number>): Tensor {
  let y = x;
  let end = x.shape.length;
  while (end > 0) {
    if (!axes.has(end - 1)) {
      end--;
      continue;
    }
    let first = end - 1; // neighbouring axes are one
    while (axes.has(first - 1)) first--;
    const { shape } = y;
    const next = output(
      x.device,
      shape.map((extent, i) => i >= first && i < end ? 1 : extent),
      (out) =>
        x.device.kernels.sum(out, y, {
          outer: extentOf(shape.slice(0, first)),
          n: extentOf(shape.slice(first, end)),
          inner: extentOf(shape.slice(end)),
        }),
    );
    if (y !== x) y.dispose();
    y = next;
    end = first;
  }
  return y;
}

/** Undoes broadcasting: sums `x` so that it has the elements of `shape`. */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const missing = x.shape.length - shape.length;
  const axes = new Set<number>();
  for (const [axis, extent] of x.shape.entries()) {
    if (extent !== 1 && (axis < missing || shape[axis - missing] === 1)) {
      axes.add(axis);
    }
  }
  return sumAxes(x, axes);
}
