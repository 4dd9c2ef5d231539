import { escapeHtml } from "./escape_html.ts";
import type { Interval } from "../bootstrap.ts";

/** A line of a plot. */
export interface PlotRow {
  /** Its label. */
  readonly label: string;
  /** Its value; null or undefined where there is none to draw. */
  readonly value: number | null | undefined;
  /** Its interval, if there is one. */
  readonly interval?: Interval | null | undefined;
}

const LABEL = 250;
const WIDTH = 360;
const ROW = 22;
const TOP = 26;
const BOTTOM = 24;

/**
 * Values with their intervals below each other, as an SVG element whose colours
 * are those of the page.
 *
 * @param title Words above.
 * @param rows Lines, from top to bottom.
 * @returns The element; empty where no line has a value.
 */
export function intervalPlot(title: string, rows: readonly PlotRow[]): string {
  const ends = rows.flatMap(({ value, interval }) => [
    ...typeof value === "number" ? [value] : [],
    ...interval ?? [],
  ]);
  if (ends.length === 0) return "";
  const ticks = ticksOf(Math.min(...ends), Math.max(...ends));
  const [low, high] = [ticks[0]!, ticks.at(-1)!];
  const x = (value: number) =>
    (LABEL + (value - low) / (high - low) * WIDTH).toFixed(1);
  const height = TOP + rows.length * ROW + BOTTOM;
  const foot = height - BOTTOM;
  const grid = ticks.map((tick) =>
    `<line class="grid" x1="${x(tick)}" x2="${
      x(tick)
    }" y1="${TOP}" y2="${foot}"/>` +
    `<text class="tick" x="${x(tick)}" y="${foot + 16}">${tick}</text>`
  );
  const lines = rows.map(({ label, value, interval }, i) => {
    const y = TOP + (i + 0.5) * ROW;
    const words = `<text class="label" x="${LABEL - 10}" y="${y + 4}">${
      escapeHtml(label.length > 42 ? `${label.slice(0, 41)}…` : label)
    }</text>`;
    if (typeof value !== "number") return words;
    const range = interval == null
      ? ""
      : `<line class="range" x1="${x(interval[0])}" x2="${
        x(interval[1])
      }" y1="${y}" y2="${y}"/>`;
    return `${words}${range}<circle cx="${x(value)}" cy="${y}" r="4"/>`;
  });
  return `<svg class="plot" role="img" viewBox="0 0 ${
    LABEL + WIDTH + 24
  } ${height}"><title>${
    escapeHtml(title)
  }</title><text class="head" x="${LABEL}" y="16">${escapeHtml(title)}</text>${
    grid.join("")
  }${lines.join("")}</svg>`;
}

/** Round numbers around a range, four to nine of them. */
export function ticksOf(low: number, high: number): number[] {
  const range = high - low || Math.abs(high) || 1;
  const rough = range / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power)
    .find((step) => step >= rough)!;
  const first = Math.floor(low / step);
  const last = Math.max(Math.ceil(high / step), first + 1);
  return Array.from(
    { length: last - first + 1 },
    (_, i) => Number(((first + i) * step).toPrecision(12)),
  );
}
