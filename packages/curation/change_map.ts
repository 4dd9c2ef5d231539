import type { Image } from "@edit-transfer/image";
import { checkOneSize } from "./check_one_size.ts";
import { toLab } from "./lab.ts";
import { blurred, type Plane } from "./plane.ts";

/** Where two pictures differ. */
export interface ChangeMap {
  /** Distance in CIELAB of each pixel, `[h, w]`. */
  readonly distances: Float32Array;
  /** 1 where something changed, `[h, w]`. */
  readonly changed: Uint8Array;
  /** Share of the picture that changed. */
  readonly area: number;
  /** Pieces that changed, each of at least 0.3 % of the picture, the largest first: shares of it. */
  readonly parts: readonly number[];
  /** Share of the border's pixels that changed. */
  readonly border: number;
}

/** Options of {@linkcode changeMap}. */
export interface ChangeMapOptions {
  /**
   * Distance in CIELAB from which on a pixel has changed.
   *
   * @default {10}
   */
  readonly threshold?: number | undefined;
}

/** Share of the shorter side over which colours are averaged. */
const BLUR = 1 / 128;
/** Share of the shorter side by which pieces are joined. */
const JOIN = 1 / 24;
/** Share of a picture that a piece has at least. */
const LEAST_PART = 0.003;

/**
 * Where two pictures differ: the distance in CIELAB of colours averaged over a
 * 64th of the side, its area, its pieces and its contact with the border. Pieces
 * that lie within a twelfth of the side are one: an edit changes one thing in one place.
 *
 * @param before One picture.
 * @param after Another, of the same size.
 * @param options See {@linkcode ChangeMapOptions}.
 * @returns The map.
 *
 * @throws {RangeError} If the sizes differ.
 *
 * @example Usage
 * ```ts
 * import { changeMap } from "@edit-transfer/curation";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const after = blankImage(10, 10);
 * after.data.fill(0, 0, 30);
 * const { area, parts, border } = changeMap(blankImage(10, 10), after);
 * assert.equal(area, 0.1);
 * assert.deepEqual(parts, [0.1]);
 * assert.equal(border, 10 / 36);
 * ```
 */
export function changeMap(
  before: Image,
  after: Image,
  options: ChangeMapOptions = {},
): ChangeMap {
  checkOneSize("map changes", before, after);
  const { threshold = 10 } = options;
  const { width, height } = before;
  const side = Math.min(width, height);
  const [from, to] = [toLab(before), toLab(after)];
  const distances = new Float32Array(width * height);
  for (let channel = 0; channel < 3; channel++) {
    const data = Float32Array.from(
      distances,
      (_, i) => to[3 * i + channel]! - from[3 * i + channel]!,
    );
    const mean = blurred({ width, height, data }, Math.round(side * BLUR));
    for (const [i, x] of mean.data.entries()) distances[i]! += x ** 2;
  }
  for (let i = 0; i < distances.length; i++) {
    distances[i] = Math.sqrt(distances[i]!);
  }
  const changed = Uint8Array.from(distances, (x) => x >= threshold ? 1 : 0);
  const total = (values: Iterable<number>) => {
    let sum = 0;
    for (const value of values) sum += value;
    return sum;
  };
  const border = changed.filter((_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x === 0 || y === 0 || x === width - 1 || y === height - 1;
  });
  return {
    distances,
    changed,
    area: total(changed) / changed.length,
    parts: pieces(
      { width, height, data: Float32Array.from(changed) },
      Math.round(side * JOIN),
    ),
    border: total(border) / border.length,
  };
}

/** Shares of the pieces after those nearer than twice the reach are joined. */
function pieces(changed: Plane, reach: number): number[] {
  const { width, height, data } = changed;
  const near = blurred(changed, reach).data;
  const labels = new Int32Array(data.length).fill(-1);
  const shares: number[] = [];
  for (let start = 0; start < data.length; start++) {
    if (labels[start] !== -1 || near[start]! < 1e-6) continue;
    const label = shares.length;
    const stack = [start];
    labels[start] = label;
    let count = 0;
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      count += data[at]!;
      const [x, y] = [at % width, Math.floor(at / width)];
      for (
        const [next, isInside] of [
          [at - 1, x > 0],
          [at + 1, x < width - 1],
          [at - width, y > 0],
          [at + width, y < height - 1],
        ] as const
      ) {
        if (!isInside || labels[next] !== -1 || near[next]! < 1e-6) continue;
        labels[next] = label;
        stack.push(next);
      }
    }
    shares.push(count / data.length);
  }
  return shares.filter((share) => share >= LEAST_PART).sort((a, b) => b - a);
}
