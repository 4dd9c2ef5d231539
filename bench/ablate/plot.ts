import { niceStep } from "../../packages/training/loss_curve.ts";
import { type Group, GROUPS, type Row } from "./row.ts";

const WIDTH = 960;
const HEIGHT = 360;
const LEFT = 56;
const TOP = 36;
const BOTTOM = 76;
const GAP = 28;
const PLOT = {
  width: (WIDTH - LEFT - 16 - (GROUPS.length - 1) * GAP) / GROUPS.length,
  height: HEIGHT - TOP - BOTTOM,
};
const COLOURS = ["#d1862f", "#20639b", "#6b8e23", "#7a4f9a"];
const BASE = "#888";

/** Scale of the gain, shared by all plots. */
interface Axis {
  readonly low: number;
  readonly high: number;
  readonly step: number;
}

/** An SVG picture of gain by examples of each type, one plot for each group of cases. */
export function plotOf(
  rows: readonly Row[],
  titles: Readonly<Record<Group, string>>,
): string {
  const trained = rows.filter(({ types }) => types > 0);
  const examples = [...new Set(trained.map((row) => row.examples))]
    .sort((a, b) => a - b);
  const counts = [...new Set(trained.map(({ types }) => types))]
    .sort((a, b) => a - b);
  const axis = axisOf(rows);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#333">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text transform="translate(14 ${
      TOP + PLOT.height / 2
    }) rotate(-90)" text-anchor="middle">edit gain (1 is perfect)</text>`,
    ...GROUPS.flatMap((group, i) => {
      const left = LEFT + i * (PLOT.width + GAP);
      return [
        `<g transform="translate(${left.toFixed(1)} ${TOP})">`,
        `<text x="${
          (PLOT.width / 2).toFixed(1)
        }" y="-14" text-anchor="middle" font-weight="bold">${
          titles[group]
        }</text>`,
        ...gridOf(axis, i === 0),
        ...examples.map((count, k) =>
          `<text x="${across(k, examples.length)}" y="${
            PLOT.height + 18
          }" text-anchor="middle">${count}</text>`
        ),
        ...baseOf(rows, { group, axis }),
        ...counts.flatMap((count, k) =>
          curveOf(
            trained.filter(({ types }) => types === count),
            { group, axis, examples, shift: k, colour: COLOURS[k % 4]! },
          )
        ),
        "</g>",
      ];
    }),
    `<text x="${WIDTH / 2}" y="${
      HEIGHT - 38
    }" text-anchor="middle">examples of each type in training</text>`,
    legendOf(counts),
    "</svg>\n",
  ].join("\n");
}

function axisOf(rows: readonly Row[]): Axis {
  const ends = rows.flatMap(({ types, summaries }) =>
    Object.values(summaries).flatMap((summary) => {
      if (summary === undefined) return [];
      const bar = types === 0 ? 0 : summary.gainError;
      return [summary.gain - bar, summary.gain + bar];
    })
  );
  const lowest = Math.min(0, ...ends);
  const highest = Math.max(0, ...ends);
  const step = niceStep(Math.max(highest - lowest, 1e-3) / 6);
  return {
    low: Math.floor(lowest / step) * step,
    high: Math.ceil(highest / step) * step,
    step,
  };
}

function gridOf({ low, high, step }: Axis, labelled: boolean): string[] {
  const lines: string[] = [];
  for (let i = 0; i <= Math.round((high - low) / step); i++) {
    const value = Number((low + i * step).toPrecision(6));
    const y = up(value, { low, high, step });
    lines.push(
      `<path d="M0 ${y}h${PLOT.width.toFixed(1)}" stroke="${
        value === 0 ? "#888" : "#ddd"
      }"/>`,
    );
    if (!labelled) continue;
    lines.push(
      `<text x="-8" y="${y}" dy="4" text-anchor="end">${
        String(value).replace("-", "−")
      }</text>`,
    );
  }
  return lines;
}

/** The model without fine-tuning, as a line across. */
function baseOf(
  rows: readonly Row[],
  { group, axis }: { group: Group; axis: Axis },
): string[] {
  return rows.filter(({ types }) => types === 0).flatMap(({ summaries }) => {
    const summary = summaries[group];
    if (summary === undefined) return [];
    const y = up(summary.gain, axis);
    return [
      `<path d="M0 ${y}h${
        PLOT.width.toFixed(1)
      }" stroke="${BASE}" stroke-width="2" stroke-dasharray="5 4"/>`,
    ];
  });
}

function curveOf(
  rows: readonly Row[],
  { group, axis, examples, shift, colour }: {
    readonly group: Group;
    readonly axis: Axis;
    readonly examples: readonly number[];
    /** Pixels to the right, so that whiskers do not cover each other. */
    readonly shift: number;
    readonly colour: string;
  },
): string[] {
  const points = rows.flatMap((row) => {
    const summary = row.summaries[group];
    const place = examples.indexOf(row.examples);
    if (summary === undefined) return [];
    const x = (Number(across(place, examples.length)) + 4 * shift).toFixed(1);
    const { gain, gainError } = summary;
    const ends = [gain - gainError, gain + gainError].map((y) => up(y, axis));
    return [{ x, y: up(gain, axis), ends }];
  });
  return [
    `<polyline points="${
      points.map(({ x, y }) => `${x},${y}`).join(" ")
    }" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...points.map(({ x, y, ends: [low, high] }) =>
      `<path d="M${x} ${low}V${high}" stroke="${colour}"/><circle cx="${x}" cy="${y}" r="4" fill="${colour}"/>`
    ),
  ];
}

function legendOf(counts: readonly number[]): string {
  const names = counts.map((count, k): [string, string] => [
    `● ${count} types in training`,
    COLOURS[k % 4]!,
  ]);
  const parts = [...names, ["╌ without fine-tuning", BASE]].map(
    ([name, colour]) => `<tspan fill="${colour}">${name}</tspan>`,
  );
  return `<text x="${WIDTH / 2}" y="${HEIGHT - 12}" text-anchor="middle">${
    parts.join(" \u2003 ")
  } \u2003 bars: one standard error over the cases</text>`;
}

function across(place: number, places: number): string {
  return (PLOT.width * (place + 0.5) / places).toFixed(1);
}

function up(value: number, { low, high }: Axis): string {
  return (PLOT.height * (high - value) / (high - low)).toFixed(1);
}
