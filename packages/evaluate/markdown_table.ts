/** Rows as a Markdown table, the first as its head, columns aligned. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(cellText));
  const widths = cells[0]!.map((_, column) =>
    Math.max(3, ...cells.map((row) => row[column]!.length))
  );
  const line = (row: readonly string[]) => `| ${row.join(" | ")} |\n`;
  const [first, ...others] = cells.map((row) =>
    line(
      row.map((cell, column) =>
        column === 0
          ? cell.padEnd(widths[column]!)
          : cell.padStart(widths[column]!)
      ),
    )
  );
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`
  );
  return [first, line(rule), ...others].join("");
}

/** Text that stays in its cell. */
function cellText(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("|", "\\|");
}
