import type { Image } from "@edit-transfer/image";
import { checkOneSize } from "./check_one_size.ts";
import { toLab } from "./lab.ts";

/** Cells of a side. */
const CELLS = 32;

/**
 * How much more a picture is like the other's mirror image than like the other:
 * `ln(d(before, after) / d(before, mirrored after))` with `d` the mean distance in CIELAB
 * over 32 × 32 cells, plus 1. Above 0 it may be mirrored; a picture that
 * is its own mirror image gives 0.
 *
 * @param before One picture.
 * @param after Another, of the same size.
 * @returns The logarithm.
 *
 * @throws {RangeError} If the sizes differ.
 *
 * @example Usage
 * ```ts
 * import { mirroredScore } from "@edit-transfer/curation";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const before = blankImage(2, 1);
 * before.data.fill(0, 0, 3);
 * const after = blankImage(2, 1);
 * after.data.fill(0, 3, 6);
 * assert.ok(mirroredScore(before, after) > 4);
 * assert.ok(mirroredScore(before, before) < -4);
 * ```
 */
export function mirroredScore(before: Image, after: Image): number {
  checkOneSize("look for a mirror image", before, after);
  const [a, b] = [labCells(before), labCells(after)];
  let [same, mirrored] = [0, 0];
  for (let y = 0; y < a.rows; y++) {
    for (let x = 0; x < a.columns; x++) {
      const at = y * a.columns + x;
      same += distance(a.data, at, b.data, at);
      mirrored += distance(a.data, at, b.data, (y + 1) * a.columns - 1 - x);
    }
  }
  const cells = a.rows * a.columns;
  return Math.log((same / cells + 1) / (mirrored / cells + 1));
}

function distance(a: Float64Array, i: number, b: Float64Array, k: number) {
  return Math.hypot(
    a[3 * i]! - b[3 * k]!,
    a[3 * i + 1]! - b[3 * k + 1]!,
    a[3 * i + 2]! - b[3 * k + 2]!,
  );
}

/** Means of CIELAB over cells, which lie as they do in the mirror. */
function labCells(image: Image) {
  const { width, height } = image;
  const [columns, rows] = [Math.min(CELLS, width), Math.min(CELLS, height)];
  const lab = toLab(image);
  const data = new Float64Array(rows * columns * 3);
  const counts = new Float64Array(rows * columns);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y + 0.5) * rows / height);
    for (let x = 0; x < width; x++) {
      const cell = row * columns + Math.floor((x + 0.5) * columns / width);
      counts[cell]!++;
      for (let c = 0; c < 3; c++) {
        data[3 * cell + c]! += lab[3 * (y * width + x) + c]!;
      }
    }
  }
  for (let i = 0; i < data.length; i++) data[i]! /= counts[Math.floor(i / 3)]!;
  return { columns, rows, data };
}
