import type { GroupBest, GroupReport, MetricReport } from "./report.ts";

/**
 * A figure as text: the value, its interval, and the number of cases where it
 * is not that of the group; "–" where nothing was measured, "∞" for infinity.
 */
export function figureText(
  group: GroupReport,
  metric: Pick<MetricReport, "name" | "digits" | "unit">,
  of: GroupBest | GroupReport = group,
): string {
  const { name, digits } = metric;
  const text = plainText(group, metric, of);
  if (text === "–") return text;
  const interval = of.intervals?.[name];
  const measured = group.measured?.[name];
  return [
    text,
    ...interval
      ? [`[${interval.map((end) => end.toFixed(digits)).join(", ")}]`]
      : [],
    ...measured === undefined ? [] : [`n ${measured}`],
  ].join(" ");
}

/** The value of a figure alone, with its unit. */
export function plainText(
  group: GroupReport,
  { name, digits, unit }: Pick<MetricReport, "name" | "digits" | "unit">,
  of: GroupBest | GroupReport = group,
): string {
  const value = of.values[name];
  if (
    group.cases === 0 || group.measured?.[name] === 0 || value === undefined
  ) return "–";
  const text = value?.toFixed(digits) ?? "∞";
  return unit === undefined ? text : `${text} ${unit}`;
}
