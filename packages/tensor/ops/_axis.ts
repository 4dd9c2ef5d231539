/** Resolves an axis that may count from the end; `rank` is of the operand. */
export function resolveAxis(op: string, axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(resolved) || resolved < 0 || resolved >= rank) {
    throw new RangeError(
      `Cannot run ${op} as the axis must be in [-${rank}, ${rank}): got ${axis}`,
    );
  }
  return resolved;
}

/** Whether two shapes are the same. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}

/** Number of elements of a shape. */
export function extentOf(shape: readonly number[]): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}
