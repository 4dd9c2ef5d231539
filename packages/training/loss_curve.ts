import { atomicWrite } from "@edit-transfer/files";
import { join } from "node:path";
import sharp from "sharp";
import type { LogRecord } from "./run_log.ts";

const WIDTH = 720;
const HEIGHT = 400;
const LEFT = 64;
const TOP = 24;
const PLOT = { width: WIDTH - LEFT - 24, height: HEIGHT - TOP - 56 };

/** Share of the earlier mean in the smoothed curve. */
const SMOOTH = 0.95;
/** Points of a curve; of more, the means of equal parts are drawn. */
const POINTS = 600;

type Point = readonly [step: number, loss: number];

/** Writes `loss.svg` and `loss.png` of a run; nothing before its first step. */
export async function writeLossCurve(
  folder: string,
  records: readonly LogRecord[],
): Promise<void> {
  const of = (event: LogRecord["event"]) =>
    records.flatMap(({ event: own, step, loss }): Point[] =>
      own === event && typeof loss === "number" ? [[step, loss]] : []
    );
  const svg = lossCurve(of("step"), of("validation"));
  if (svg === undefined) return;
  const bytes = new TextEncoder().encode(svg);
  await atomicWrite(join(folder, "loss.svg"), bytes);
  const png = await sharp(bytes, { density: 144 }).png().toBuffer();
  await atomicWrite(join(folder, "loss.png"), png);
}

/** An SVG picture of the training loss, its running mean and the validation loss. */
export function lossCurve(
  training: readonly Point[],
  validation: readonly Point[],
): string | undefined {
  const raw = thinned(training);
  const means = thinned(smoothed(training));
  const shown = [...raw, ...validation];
  if (shown.length === 0) return undefined;
  const last = Math.max(...shown.map(([step]) => step));
  const levels = levelsOf(shown.map(([, loss]) => loss));
  const [bottom, top] = [levels[0]!, levels.at(-1)!];
  const at = ([step, loss]: Point) => {
    const height = (loss - bottom) / (top - bottom);
    return `${(LEFT + PLOT.width * step / last).toFixed(1)},${
      (TOP + PLOT.height * (1 - height)).toFixed(1)
    }`;
  };
  const line = (points: readonly Point[], style: string) =>
    `<polyline points="${points.map(at).join(" ")}" fill="none" ${style}/>`;
  const dots = validation.map((point) => {
    const [x, y] = at(point).split(",");
    return `<circle cx="${x}" cy="${y}" r="3" fill="#d1495b"/>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#333">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...grid(last, levels),
    line(raw, 'stroke="#a9c1d9" stroke-width="1"'),
    line(means, 'stroke="#20639b" stroke-width="2"'),
    line(validation, 'stroke="#d1495b" stroke-width="1.5"'),
    ...dots,
    legend(),
    "</svg>\n",
  ].join("\n");
}

/** Round losses from one below all to one above all, three to seven of them. */
function levelsOf(losses: readonly number[]): number[] {
  const [least, most] = [Math.min(...losses), Math.max(...losses)];
  const step = niceStep(Math.max(most - least, most / 100, 1e-9) / 5);
  const first = Math.floor(least / step);
  const count = Math.max(1, Math.ceil(most / step) - first);
  return Array.from({ length: count + 1 }, (_, i) => (first + i) * step);
}

/** Lines and numbers of both axes. */
function grid(last: number, levels: readonly number[]): string[] {
  const lines: string[] = [];
  for (const [i, level] of levels.entries()) {
    const y = (TOP + PLOT.height * (1 - i / (levels.length - 1))).toFixed(1);
    lines.push(
      `<path d="M${LEFT} ${y}h${PLOT.width}" stroke="#ddd"/>`,
      `<text x="${LEFT - 8}" y="${Number(y) + 4}" text-anchor="end">${
        Number(level.toPrecision(3))
      }</text>`,
    );
  }
  const step = Math.max(1, niceStep(last / 6));
  for (let value = 0; value <= last; value += step) {
    const x = (LEFT + PLOT.width * value / last).toFixed(1);
    lines.push(
      `<text x="${x}" y="${
        TOP + PLOT.height + 18
      }" text-anchor="middle">${value}</text>`,
    );
  }
  return lines;
}

function legend(): string {
  const y = HEIGHT - 12;
  return `<text x="${LEFT}" y="${y}">loss by step: ` +
    `<tspan fill="#7d9cbb">each</tspan>, <tspan fill="#20639b">running mean</tspan>, ` +
    `<tspan fill="#d1495b">validation</tspan></text>`;
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power *
    [1, 2, 5, 10].find((factor) => factor * power >= least * 0.9999)!;
}

function smoothed(points: readonly Point[]): Point[] {
  let mean = 0;
  return points.map(([step, loss], i) => {
    mean = SMOOTH * mean + (1 - SMOOTH) * loss;
    return [step, mean / (1 - SMOOTH ** (i + 1))];
  });
}

/** Means of equal parts, so that a picture stays small. */
function thinned(points: readonly Point[]): Point[] {
  const size = Math.ceil(points.length / POINTS);
  if (size <= 1) return [...points];
  return Array.from(
    { length: Math.ceil(points.length / size) },
    (_, i): Point => {
      const part = points.slice(i * size, (i + 1) * size);
      const mean = part.reduce((sum, [, loss]) => sum + loss, 0) / part.length;
      return [part.at(-1)![0], mean];
    },
  );
}
