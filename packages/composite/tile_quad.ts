import type { LatentShape } from "./pack_latents.ts";

/** Panels of a composite: before, after, query, answer, each `[c, h, w]`. */
export type Quad<T> = readonly [
  topLeft: T,
  topRight: T,
  bottomLeft: T,
  bottomRight: T,
];

/**
 * Tiles the latents of four panels into one.
 *
 * @param panels Before, after, query and answer, each `[c, h, w]`.
 * @param shape Extents `[c, h, w]` of one panel.
 * @returns `[c, 2h, 2w]`.
 *
 * @throws {RangeError} If a panel has another length.
 *
 * @example Usage
 * ```ts
 * import { tileQuad } from "@edit-transfer/composite";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...tileQuad([[1], [2], [3], [4]], [1, 1, 1])], [1, 2, 3, 4]);
 * ```
 */
export function tileQuad(
  panels: Quad<ArrayLike<number>>,
  shape: LatentShape,
): Float32Array {
  const [c, h, w] = shape;
  const quad = new Float32Array(4 * c * h * w); // [c, 2h, 2w]
  panels.forEach((panel, index) => {
    if (panel.length !== c * h * w) {
      throw new RangeError(
        `Cannot tile panels as each must be [${
          shape.join(", ")
        }]: got ${panel.length} values`,
      );
    }
    forEachRow(shape, index, (row, at) => {
      for (let x = 0; x < w; x++) quad[at + x] = panel[row + x]!;
    });
  });
  return quad;
}

/**
 * Cuts a composite into its panels, the inverse of {@linkcode tileQuad}.
 *
 * @param quad Composite, `[c, 2h, 2w]`.
 * @param shape Extents `[c, h, w]` of one panel.
 * @returns Before, after, query and answer, each `[c, h, w]`.
 *
 * @throws {RangeError} If the composite has another length.
 *
 * @example Usage
 * ```ts
 * import { splitQuad } from "@edit-transfer/composite";
 * import assert from "node:assert/strict";
 *
 * const [before, after] = splitQuad([1, 2, 3, 4], [1, 1, 1]);
 * assert.deepEqual([...before, ...after], [1, 2]);
 * ```
 */
export function splitQuad(
  quad: ArrayLike<number>,
  shape: LatentShape,
): Quad<Float32Array> {
  return [
    cutPanel(quad, shape, 0),
    cutPanel(quad, shape, 1),
    cutPanel(quad, shape, 2),
    cutPanel(quad, shape, 3),
  ];
}

function cutPanel(
  quad: ArrayLike<number>,
  shape: LatentShape,
  index: number,
): Float32Array {
  const [c, h, w] = shape;
  if (quad.length !== 4 * c * h * w) {
    throw new RangeError(
      `Cannot cut a panel as the composite must be [${c}, ${2 * h}, ${
        2 * w
      }]: got ${quad.length} values`,
    );
  }
  const panel = new Float32Array(c * h * w);
  forEachRow(shape, index, (row, at) => {
    for (let x = 0; x < w; x++) panel[row + x] = quad[at + x]!;
  });
  return panel;
}

/** Visits each row of panel `index`: where it begins there and in the quad. */
function forEachRow(
  [c, h, w]: LatentShape,
  index: number,
  visit: (row: number, at: number) => void,
): void {
  const top = index >> 1 ? h : 0;
  const left = index & 1 ? w : 0;
  for (let channel = 0; channel < c; channel++) {
    for (let y = 0; y < h; y++) {
      visit(
        (channel * h + y) * w,
        (channel * 2 * h + top + y) * 2 * w + left,
      );
    }
  }
}
