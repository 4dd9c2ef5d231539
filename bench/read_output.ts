import { markdownTable } from "./markdown_table.ts";

const MILLISECONDS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  µs: 1e-3,
  ms: 1,
  s: 1e3,
};

/**
 * A table of what `deno bench` printed: mean time, and the rate of those whose
 * names say how many GFLOP they are, or that are stated below.
 */
export function benchTable(output: string): string {
  const stated = new Map(
    [...output.matchAll(/^(.+): ([\d.]+ [GT]FLOP\/s)$/gm)].map((
      [, name, rate],
    ) => [name!, rate!]),
  );
  const rows = output.split("\n").flatMap((line) => {
    const [, name, time] = /^\|\s*(.+?)\s*\|\s*([\d.,]+ (?:ns|µs|ms|s))\s*\|/
      .exec(line) ?? [];
    if (name === undefined || time === undefined) return [];
    const [number, unit] = time.replaceAll(",", "").split(" ");
    const milliseconds = Number(number) * MILLISECONDS[unit!]!;
    const work = /([\d.]+(?:e[+-]?\d+)?) GFLOP/.exec(name)?.[1];
    const rate = work === undefined
      ? stated.get(name) ?? ""
      : `${(1000 * Number(work) / milliseconds).toPrecision(3)} GFLOP/s`;
    return [[name, time, rate]];
  });
  return rows.length === 0
    ? "No bench came to its end."
    : markdownTable(["", "time", "rate"], rows);
}

/** How many tests passed, and the names of those that did not. */
export function testSummary(output: string): string {
  const summary = /^(?:ok|FAILED) \|.*$/m.exec(output)?.[0];
  const failed = output.split("\n").filter((line) =>
    / \.\.\. FAILED/.test(line)
  );
  const passed = output.split("\n").filter((line) => / \.\.\. ok/.test(line));
  return [
    summary ?? `${passed.length} passed until it was stopped`,
    ...failed.map((line) => `- ${line.trim()}`),
  ].join("\n\n");
}
