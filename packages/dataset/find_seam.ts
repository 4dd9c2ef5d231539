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

/** Level from which a gutter's pixels are white. */
const WHITE = 235;
/** Share of a gutter's pixels that are white. */
const GUTTER_SHARE = 0.97;
/** Levels that most pixels of a seam differ by, from one side to the other. */
const LEAST_EDGE = 4;
/** How much clearer a seam is than the columns around it. */
const CLEARER = 4;

/**
 * Finds where two pictures that stand side by side meet: a narrow white gutter,
 * else the column with an edge over the full height.
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

/** The widest run of white columns that has a picture on both sides. */
function findGutter(image: Image, { first, last }: Columns): Seam | undefined {
  let found: Seam | undefined;
  let start: number | undefined;
  for (let x = first - 1; x <= last; x++) {
    if (isWhite(image, x)) {
      start ??= x;
      continue;
    }
    const isInside = start !== undefined && start >= first && x - start >= 2 &&
      endsAt(image, start) && endsAt(image, x);
    if (isInside && x - start! > (found ? found.end - found.start : 0)) {
      found = { start: start!, end: x };
    }
    start = undefined;
  }
  return found;
}

function isWhite({ width, height, data }: Image, x: number): boolean {
  let white = 0;
  for (let y = 0; y < height; y++) {
    const at = (y * width + x) * 3;
    if (Math.min(data[at]!, data[at + 1]!, data[at + 2]!) >= WHITE) white++;
  }
  return white >= GUTTER_SHARE * height;
}

/** Whether white begins or ends near a column at once, not by and by. */
function endsAt(image: Image, x: number): boolean {
  const last = image.width - 1;
  const near = [x - 1, x, x + 1].filter((at) => at >= 1 && at <= last);
  return Math.max(...near.map((at) => edgeStrength(image, at))) >= LEAST_EDGE;
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
  const counts = new Uint32Array(256);
  for (let y = 0; y < height; y++) {
    const at = (y * width + x) * 3;
    let most = 0;
    for (let c = 0; c < 3; c++) {
      most = Math.max(most, Math.abs(data[at + c]! - data[at - 3 + c]!));
    }
    counts[most]!++;
  }
  let level = 0;
  for (let below = counts[0]!; below < height / 2; below += counts[level]!) {
    level++;
  }
  return level;
}
