import { cellsOf, type Panel } from "./panel.ts";

/** Levels that count as one colour, in each channel. */
const STEP = 256 / 6;

/** How much of two pictures has the same colours. */
export interface ColourOverlap {
  /** Share of the figures in [0, 1]; undefined without people. */
  readonly figure: number | undefined;
  /** Share of what is around them; undefined where people fill a picture. */
  readonly background: number | undefined;
}

/**
 * How much of the people in two pictures, and of what is around them, has the
 * same colours, wherever they are: the intersection `Σ min(h_a, h_b)` of histograms
 * with 6 × 6 × 6 bins.
 *
 * Source: Swain and Ballard 1991, "Color indexing".
 *
 * @param a One picture.
 * @param b Another, of any size.
 * @returns Shares in [0, 1].
 *
 * @example Usage
 * ```ts
 * import { colourOverlap } from "@edit-transfer/people";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const panel = (level: number) => ({
 *   image: blankImage(8, 8, [level, 0, 0]),
 *   person: {},
 *   mask: new Uint8Array(64),
 * });
 * assert.deepEqual(colourOverlap(panel(0), panel(200)), {
 *   figure: undefined,
 *   background: 0,
 * });
 * ```
 */
export function colourOverlap(a: Panel, b: Panel): ColourOverlap {
  const [ofA, ofB] = [histograms(a), histograms(b)];
  return {
    figure: overlap(ofA.figure, ofB.figure),
    background: overlap(ofA.background, ofB.background),
  };
}

type Histogram = ReadonlyMap<number, number>;

function histograms(panel: Panel): {
  readonly figure: Histogram;
  readonly background: Histogram;
} {
  const { colours, isPerson } = cellsOf(panel);
  const figure = new Map<number, number>();
  const background = new Map<number, number>();
  for (const [i, is] of isPerson.entries()) {
    let bin = 0;
    for (let k = 3 * i; k < 3 * i + 3; k++) {
      bin = 6 * bin + Math.floor(colours[k]! / STEP);
    }
    const counts = is ? figure : background;
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  return { figure, background };
}

function overlap(a: Histogram, b: Histogram): number | undefined {
  const total = (counts: Histogram) =>
    counts.values().reduce((sum, count) => sum + count, 0);
  const [ofA, ofB] = [total(a), total(b)];
  if (ofA === 0 || ofB === 0) return undefined;
  let shared = 0;
  for (const [bin, count] of a) {
    shared += Math.min(count / ofA, (b.get(bin) ?? 0) / ofB);
  }
  return shared;
}
