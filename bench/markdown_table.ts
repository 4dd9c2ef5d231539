/** A table in Markdown, numbers to the right. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return line(head) + line(head.map((_, i) => i === 0 ? "---" : "---:")) +
    rows.map(line).join("");
}
