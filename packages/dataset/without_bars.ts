import type { Image } from "@edit-transfer/image";
import {
  BLEND,
  CLEARER,
  edgeStrength,
  LEAST_EDGE,
  otherColumn,
  plainColumn,
  runOf,
  type Seam,
} from "./columns.ts";

/** Levels that a bar at the border differs by from the picture. */
const CLEAR_EDGE = 16;
/** Share of the composite's side that a line at the border may be wide. */
const LINE = 1 / 256;
/** Columns inside of an edge by which it is judged. */
const INSIDE = 16;

/**
 * Columns of a picture without a bar of one colour at its left or right border,
 * and without lines of any colours that are a few pixels wide, as generated
 * pictures have them.
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
    const run = plain && runOf(image, { x, plain, first: start, last: end });
    if (run === undefined || run.end - run.start > reach) return x;
    const from = step === 1 ? run.end : run.start - 1;
    return otherColumn(image, {
      from,
      step,
      plain: plain!,
      least: CLEAR_EDGE,
    }) ??
      beyondEdge(image, { from, step, width: BLEND + 1 }) ?? x;
  };
  const width = Math.floor(image.width * LINE);
  const line = (from: number, step: 1 | -1) =>
    beyondEdge(image, { from: from + step, step, width }) ?? from;
  const left = line(inside(start, 1), 1);
  const right = line(inside(end - 1, -1), -1);
  return left < right ? { start: left, end: right + 1 } : { start, end };
}

/**
 * The column behind the last sharp edge among the first ones from a border, and
 * behind those in which it blends.
 */
function beyondEdge(
  image: Image,
  { from, step, width }: {
    readonly from: number;
    readonly step: 1 | -1;
    /** Columns in which the edge may be. */
    readonly width: number;
  },
): number | undefined {
  // from the column before, seen from the border
  const strength = (i: number) => {
    const x = from + i * step + (step === 1 ? 0 : 1);
    return x < 1 || x >= image.width ? 0 : edgeStrength(image, x);
  };
  const usual = Array.from({ length: INSIDE }, (_, i) => strength(width + i))
    .sort((a, b) => a - b)[INSIDE >> 1]!;
  const least = Math.max(LEAST_EDGE, CLEARER * usual);
  for (let i = width - 1; i >= 0; i--) {
    if (strength(i) < least) continue;
    let inner = i + 1;
    while (inner <= i + BLEND && strength(inner) > Math.max(2, 2 * usual)) {
      inner++;
    }
    return from + (inner - 1) * step;
  }
  return undefined;
}
