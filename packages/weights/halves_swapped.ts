import type { RowRange } from "./row_range.ts";

/** Rows that some rows are, in order, once both halves of `total` rows are swapped. */
export function halvesSwapped(
  { start, end }: RowRange,
  total: number,
): RowRange[] {
  const half = total / 2;
  return [
    { start: start + half, end: Math.min(end, half) + half },
    { start: Math.max(start, half) - half, end: end - half },
  ].filter(({ start, end }) => start < end);
}
