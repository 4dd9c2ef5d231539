import { oneLine } from "@edit-transfer/files/printable";

/**
 * Text in columns, two spaces apart; the last column is not padded. Cells are
 * on one line and safe to show.
 *
 * @param rows Cells of each row.
 * @returns Lines, without a line break at the end.
 *
 * @example Usage
 * ```ts
 * import { table } from "@edit-transfer/terminal";
 * import assert from "node:assert/strict";
 *
 * assert.equal(table([["a", "b"], ["long", "c"]]), "a     b\nlong  c");
 * ```
 */
export function table(rows: readonly (readonly string[])[]): string {
  const lines = rows.map((row) => row.map(oneLine));
  const widths: number[] = [];
  for (const row of lines) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  return lines.map((row) =>
    row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd()
  ).join("\n");
}
