/** Part of an array along its first axis. */
export interface RowRange {
  /** First row. */
  readonly start: number;
  /** Row after the last one. */
  readonly end: number;
}

/** Bytes of rows in an array, checked to be some of its rows. */
export function rowBytes(
  { name, shape, sizeBytes }: {
    readonly name: string;
    readonly shape: readonly number[];
    readonly sizeBytes: number;
  },
  { start, end }: RowRange,
): { start: number; size: number } {
  const rows = shape[0] ?? 0;
  if (
    !Number.isInteger(start) || !Number.isInteger(end) || start < 0 ||
    start > end || end > rows
  ) {
    throw new RangeError(
      `Cannot read rows of tensor "${name}" as they must be within 0 to ${rows}: got ${start} to ${end}`,
    );
  }
  const size = rows === 0 ? 0 : sizeBytes / rows;
  return { start: start * size, size: (end - start) * size };
}
