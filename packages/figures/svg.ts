/** The few SVG elements that figures are made of, as text. */

import { INK } from "./colour.ts";

/** A point of the picture. */
export type Point = readonly [number, number];

/** Number with at most two decimals, so that text is equal on every machine. */
export function num(value: number): string {
  const text = value.toFixed(2).replace(/\.?0+$/, "");
  return text === "-0" ? "0" : text;
}

/** Path data from words and numbers. */
export function path(
  strings: TemplateStringsArray,
  ...values: number[]
): string {
  return strings.reduce((text, part, i) => text + num(values[i - 1]!) + part);
}

/** Paint of a shape: fill and the width of its outline. */
export interface Paint {
  /** Colour or paint server of the inside. */
  readonly fill: string;
  /** Width of the outline, half of it outside; 0 for none. */
  readonly line?: number | undefined;
  /** Colour of the outline. */
  readonly ink?: string | undefined;
}

function attributes({ fill, line = 1.3, ink = INK }: Paint): string {
  return line > 0
    ? `fill="${fill}" stroke="${ink}" stroke-width="${num(line)}"`
    : `fill="${fill}"`;
}

/** Closed or open shape of path data. */
export function shape(d: string, paint: Paint): string {
  return `<path d="${d}" ${attributes(paint)}/>`;
}

/** Ellipse, or circle where `ry` is left out. */
export function ellipse(
  [x, y]: Point,
  paint: Paint & { readonly rx: number; readonly ry?: number | undefined },
): string {
  return `<ellipse cx="${num(x)}" cy="${num(y)}" rx="${num(paint.rx)}" ry="${
    num(paint.ry ?? paint.rx)
  }" ${attributes(paint)}/>`;
}

/** Line along path data, without fill. */
export function stroke(
  d: string,
  { width, colour }: { readonly width: number; readonly colour: string },
): string {
  return `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${
    num(width)
  }"/>`;
}

/** Elements under a transform. */
export function group(transform: string, inside: string): string {
  return `<g transform="${transform}">${inside}</g>`;
}

/** Path data through points. */
export function polyline(points: readonly Point[]): string {
  return points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${num(x)} ${num(y)}`)
    .join("");
}
