import type { Image } from "@edit-transfer/image";
import {
  CLEARER,
  type Columns,
  edgeStrength,
  LEAST_EDGE,
  otherColumn,
  plainColumn,
  runOf,
  type Seam,
} from "./columns.ts";

/** Options of {@linkcode findSeam}. */
export interface FindSeamOptions {
  /** Column where the seam should be. */
  around: number;
  /** How far from there it may be, in columns. */
  reach: number;
}

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
