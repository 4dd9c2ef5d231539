/** Elements between neighbours along each axis of a dense tensor. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** Strides that read `shape` as if it had the shape `to`; 0 repeats. */
export function broadcastStrides(
  shape: readonly number[],
  to: readonly number[],
): number[] {
  const strides = stridesOf(shape);
  const missing = to.length - shape.length;
  return to.map((_, axis) =>
    axis < missing || shape[axis - missing] === 1 ? 0 : strides[axis - missing]!
  );
}

/** Element at an index. */
export function positionOf(
  index: readonly number[],
  steps: readonly number[],
): number {
  return index.reduce((at, i, axis) => at + i * steps[axis]!, 0);
}
