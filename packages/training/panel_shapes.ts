import type { PreparedItem } from "@edit-transfer/dataset";

/** Extents of the panels of a task, as `64x64`. */
export function shapeOf(
  { panel: { width, height } }: Pick<PreparedItem, "panel">,
): string {
  return `${width}x${height}`;
}

/** All extents, once each; undefined where panels are squares. */
export function shapesOf(
  items: readonly Pick<PreparedItem, "panel">[],
): string | undefined {
  const isSquare = items.every(({ panel: { width, height } }) =>
    width === height
  );
  return isSquare ? undefined : [...new Set(items.map(shapeOf))].join(" ");
}
