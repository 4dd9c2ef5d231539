import type { Image } from "@edit-transfer/image";

/** Share of a column's pixels by which it is judged. */
const GUTTER_SHARE = 0.97;
/** Levels by which they may differ from the colour of a gutter. */
const PLAIN = 8;
/** Columns in which the colours of a gutter and a picture blend. */
export const BLEND = 2;
/** Levels that most pixels of a seam differ by, from one side to the other. */
export const LEAST_EDGE = 4;
/** How much clearer a seam is than the columns around it. */
export const CLEARER = 4;

/** Columns between two pictures: the first one after the left, and the first of the right. */
export interface Seam {
  /** First column that is not part of the left picture. */
  readonly start: number;
  /** First column of the right picture; `start` where they touch. */
  readonly end: number;
}

/** Columns that are looked at. */
export interface Columns {
  readonly first: number;
  readonly last: number;
}

/** A column of one colour. */
export interface Plain {
  readonly colour: readonly number[];
  /** Levels by which nearly all of its pixels differ from that, at most. */
  readonly spread: number;
}

/** The colour of a column, if it has one. */
export function plainColumn(
  { width, height, data }: Image,
  x: number,
): Plain | undefined {
  const colour = [0, 1, 2].map((c) =>
    quantile(height, 1 / 2, (y) => data[(y * width + x) * 3 + c]!)
  );
  const spread = quantile(
    height,
    GUTTER_SHARE,
    (y) => distance(data, (y * width + x) * 3, colour),
  );
  return spread <= PLAIN ? { colour, spread } : undefined;
}

/** The columns around one that have its colour. */
export function runOf(
  image: Image,
  { x, plain: { colour, spread }, first, last }: Columns & {
    readonly x: number;
    readonly plain: Plain;
  },
): Seam {
  const reach = Math.max(LEAST_EDGE, 2 * spread);
  const isSame = (at: number) =>
    shareNear(image, at, { colour, reach }) >= GUTTER_SHARE;
  let [start, end] = [x, x + 1];
  while (start > first && isSame(start - 1)) start--;
  while (end < last && isSame(end)) end++;
  return { start, end };
}

/** The first column of another colour, if it comes soon: colours may blend before. */
export function otherColumn(
  image: Image,
  { from, step, plain: { colour, spread }, least = LEAST_EDGE - 1 }: {
    readonly from: number;
    readonly step: 1 | -1;
    readonly plain: Plain;
    /** Levels that the colours differ by. */
    readonly least?: number | undefined;
  },
): number | undefined {
  const reach = Math.max(least, spread);
  for (let i = 0; i <= BLEND; i++) {
    const x = from + i * step;
    if (x < 0 || x >= image.width) return undefined;
    if (shareNear(image, x, { colour, reach }) < 1 / 2) return x;
  }
  return undefined;
}

/** Share of a column's pixels that a colour is near to. */
function shareNear(
  { width, height, data }: Image,
  x: number,
  { colour, reach }: {
    readonly colour: readonly number[];
    readonly reach: number;
  },
): number {
  let near = 0;
  for (let y = 0; y < height; y++) {
    if (distance(data, (y * width + x) * 3, colour) <= reach) near++;
  }
  return near / height;
}

/** Largest difference of a channel. */
function distance(
  data: Uint8Array,
  at: number,
  colour: readonly number[],
): number {
  let most = 0;
  for (let c = 0; c < 3; c++) {
    most = Math.max(most, Math.abs(data[at + c]! - colour[c]!));
  }
  return most;
}

/** The level that a share of levels does not exceed. */
export function quantile(
  count: number,
  share: number,
  level: (at: number) => number,
): number {
  const counts = new Uint32Array(256);
  for (let at = 0; at < count; at++) counts[level(at)]!++;
  let found = 0;
  for (let below = counts[0]!; below < share * count; below += counts[found]!) {
    found++;
  }
  return found;
}

/** Median over rows of the largest channel's difference from column x - 1 to x. */
export function edgeStrength(
  { width, height, data }: Image,
  x: number,
): number {
  return quantile(height, 1 / 2, (y) => {
    const at = (y * width + x) * 3;
    let most = 0;
    for (let c = 0; c < 3; c++) {
      most = Math.max(most, Math.abs(data[at + c]! - data[at - 3 + c]!));
    }
    return most;
  });
}
