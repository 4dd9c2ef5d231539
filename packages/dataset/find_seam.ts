import type { Image } from "@edit-transfer/image";

/** Columns between two pictures: the first one after the left, and the first of the right. */
export interface Seam {
  /** First column that is not part of the left picture. */
  readonly start: number;
  /** First column of the right picture; `start` where they touch. */
  readonly end: number;
}

/** Options of {@linkcode findSeam}. */
export interface FindSeamOptions {
  /** Column where the seam should be. */
  around: number;
  /** How far from there it may be, in columns. */
  reach: number;
}

/** Share of a column's pixels by which it is judged. */
const GUTTER_SHARE = 0.97;
/** Levels by which they may differ from the colour of a gutter. */
const PLAIN = 8;
/** Columns in which the colours of a gutter and a picture blend. */
const BLEND = 2;
/** Levels that a bar at the border differs by from the picture. */
const CLEAR_EDGE = 16;
/** Levels that most pixels of a seam differ by, from one side to the other. */
const LEAST_EDGE = 4;
/** How much clearer a seam is than the columns around it. */
const CLEARER = 4;

/**
 * Finds where two pictures that stand side by side meet: a narrow gutter of
 * one colour, else the column with an edge over the full height.
 *
 * An edge counts by the median of the differences over all rows, so
 * that what is in the pictures, which seldom spans the height, does not.
 *
 * @param image Both pictures, `[h, w, 3]`.
 * @param options See {@linkcode FindSeamOptions}.
 * @returns The seam; `undefined` if none is clear.
 *
 * @example Usage
 * ```ts
 * import { findSeam } from "@edit-transfer/dataset";
 * import { blankImage, tile } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const left = blankImage(32, 8, [200, 0, 0]);
 * const right = blankImage(32, 8, [0, 0, 200]);
 * const row = tile([left, right], { columns: 2 });
 * assert.deepEqual(findSeam(row, { around: 30, reach: 6 }), { start: 32, end: 32 });
 * ```
 */
export function findSeam(
  image: Image,
  options: FindSeamOptions,
): Seam | undefined {
  const { around, reach } = options;
  const first = Math.max(1, around - reach);
  const last = Math.min(image.width - 1, around + reach);
  return findGutter(image, { first, last }) ?? findEdge(image, { first, last });
}

interface Columns {
  readonly first: number;
  readonly last: number;
}

/** The widest run of columns of one colour with a picture on both sides. */
function findGutter(image: Image, { first, last }: Columns): Seam | undefined {
  let found: Seam | undefined;
  for (let x = first; x <= last; x++) {
    const plain = plainColumn(image, x);
    if (plain === undefined) continue;
    const seam = runOf(image, { x, plain, first: first - 1, last: last + 1 });
    const { start, end } = seam;
    const isGutter = start >= first && end <= last && end - start >= 2 &&
      otherColumn(image, { from: start - 1, step: -1, plain }) !== undefined &&
      otherColumn(image, { from: end, step: 1, plain }) !== undefined;
    if (isGutter && end - start > (found ? found.end - found.start : 0)) {
      found = seam;
    }
    x = end - 1;
  }
  return found;
}

/**
 * Columns of a picture without a bar of one colour at its left or right border.
 *
 * @param image Picture, and perhaps more, `[h, w, 3]`.
 * @param options The columns of the picture, and how wide a bar may be.
 * @returns Its columns without bars.
 *
 * @example Usage
 * ```ts
 * import { withoutBars } from "@edit-transfer/dataset";
 * import { blankImage, tile } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const bar = blankImage(8, 8, [0, 0, 0]);
 * const red = blankImage(8, 8, [200, 0, 0]);
 * const row = tile([bar, red, red], { columns: 3 });
 * const picture = { start: 0, end: 24 };
 * assert.deepEqual(withoutBars(row, { picture, reach: 10 }), { start: 8, end: 24 });
 * ```
 */
export function withoutBars(
  image: Image,
  options: { readonly picture: Seam; readonly reach: number },
): Seam {
  const { picture: { start, end }, reach } = options;
  const inside = (x: number, step: 1 | -1) => {
    const plain = plainColumn(image, x);
    if (plain === undefined) return undefined;
    const run = runOf(image, { x, plain, first: start, last: end });
    if (run.end - run.start > reach) return undefined;
    const from = step === 1 ? run.end : run.start - 1;
    return otherColumn(image, { from, step, plain, least: CLEAR_EDGE });
  };
  const left = inside(start, 1) ?? start;
  const right = inside(end - 1, -1) ?? end - 1;
  return left < right ? { start: left, end: right + 1 } : { start, end };
}

/** A column of one colour. */
interface Plain {
  readonly colour: readonly number[];
  /** Levels by which nearly all of its pixels differ from that, at most. */
  readonly spread: number;
}

/** The colour of a column, if it has one. */
function plainColumn(
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
function runOf(
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
function otherColumn(
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
function quantile(
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

/** The column with the clearest edge to its left, if it is clear. */
function findEdge(image: Image, { first, last }: Columns): Seam | undefined {
  const strengths = [];
  for (let x = first; x <= last; x++) strengths.push(edgeStrength(image, x));
  const best = Math.max(...strengths);
  const usual = strengths.toSorted((a, b) => a - b)[strengths.length >> 1]!;
  if (best < LEAST_EDGE || best < CLEARER * usual) return undefined;
  const start = first + strengths.indexOf(best);
  return { start, end: start };
}

/** Median over rows of the largest channel's difference from column x - 1 to x. */
function edgeStrength({ width, height, data }: Image, x: number): number {
  return quantile(height, 1 / 2, (y) => {
    const at = (y * width + x) * 3;
    let most = 0;
    for (let c = 0; c < 3; c++) {
      most = Math.max(most, Math.abs(data[at + c]! - data[at - 3 + c]!));
    }
    return most;
  });
}
