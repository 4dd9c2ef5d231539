import type { Image } from "@edit-transfer/image";
import { measureShift } from "@edit-transfer/metrics";
import { checkOneSize } from "./check_one_size.ts";
import {
  blurred,
  halved,
  luminance,
  type Plane,
  quantile,
  valueAt,
} from "./plane.ts";

/** How one picture lies on another, by what did not change. */
export interface Alignment {
  /** Pixels to the right by which the second picture lies. */
  readonly x: number;
  /** Pixels down. */
  readonly y: number;
  /** Share by which it is larger, around the centre. */
  readonly zoom: number;
  /** Share of the edges that agree there. */
  readonly support: number;
}

/** Side of the finest pictures that are compared. */
const FINEST = 256;
/** Side of the coarsest ones, at least. */
const COARSEST = 32;
/** Share of the side over which the mean is taken away: light and colour do not count. */
const LOCAL = 1 / 16;
/** Root mean square of the details that are compared. */
const CONTRAST = 16;
/** Steps on each level. */
const STEPS = 12;
/** Levels a pixel from which on there is an edge. */
const EDGE = 3;
/** Levels within which edges agree, at least. */
const NOISE = 4;
/** Share of the pixels that have to be edges. */
const LEAST_EDGES = 0.002;
/** Share of the edges that have to agree. */
const LEAST_SUPPORT = 0.35;

/**
 * Shift and zoom of a picture against another on what did not change, to parts
 * of a pixel: `after(c + s + (1 + z)(x − c)) = before(x)` around the centre `c`.
 *
 * First the shift by phase correlation ({@linkcode measureShift}), then all three by Gauss and Newton's
 * method on pictures of growing size, with the weight `1 / (1 + (r / σ)²)²` of a difference `r`,
 * which leaves out what an edit has changed.
 *
 * Source: Baker and Matthews 2004, "Lucas-Kanade 20 years on"; weights of Geman and McClure.
 *
 * @param before One picture.
 * @param after Another, of the same size.
 * @returns The alignment; undefined where too little of the edges agrees, as in another scene.
 *
 * @throws {RangeError} If the sizes differ.
 *
 * @example Usage
 * ```ts
 * import { measureAlignment } from "@edit-transfer/curation";
 * import { type Image } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const waves = (shift: number): Image => ({
 *   width: 64,
 *   height: 64,
 *   data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => {
 *     const [x, y] = [Math.floor(i / 3) % 64 - shift, Math.floor(i / 192)];
 *     return 128 + 60 * Math.sin(x / 3 + y / 9) + 60 * Math.sin(y / 4 - x / 11);
 *   }),
 * });
 * const { x, y, zoom } = measureAlignment(waves(0), waves(1.5))!;
 * assert.ok(Math.abs(x - 1.5) < 0.05 && Math.abs(y) < 0.05 && Math.abs(zoom) < 0.002);
 * ```
 */
export function measureAlignment(
  before: Image,
  after: Image,
): Alignment | undefined {
  checkOneSize("align pictures", before, after);
  const [froms, tos] = [pyramid(before), pyramid(after)];
  const coarse = measureShift(after, before);
  const starts = [[0, 0, 0], [
    coarse.x / before.width,
    coarse.y / before.height,
    0,
  ]];
  let best: Alignment | undefined;
  for (const start of starts) {
    let place = start as readonly number[]; // shift in shares of the sides, zoom
    for (let level = froms.length - 1; level >= 0; level--) {
      place = refined(froms[level]!, tos[level]!, place);
    }
    const support = supportOf(froms[0]!, tos[0]!, place);
    if (support === undefined || support <= (best?.support ?? LEAST_SUPPORT)) {
      continue;
    }
    const [x, y, zoom] = place;
    best = {
      x: x! * before.width,
      y: y! * before.height,
      zoom: zoom!,
      support,
    };
  }
  return best;
}

/** Details of a picture from fine to coarse, of one contrast. */
function pyramid(image: Image): Plane[] {
  const side = (plane: Plane) => Math.min(plane.width, plane.height);
  let plane = luminance(image);
  while (side(plane) > FINEST) plane = halved(plane);
  const planes = [plane];
  while (side(plane) >= 2 * COARSEST) planes.push(plane = halved(plane));
  return planes.map(details);
}

/** Differences from the local mean, a little blurred so that they may be read between pixels. */
function details(plane: Plane): Plane {
  const { width, height } = plane;
  const fine = blurred(plane, 1);
  const reach = Math.max(2, Math.round(Math.min(width, height) * LOCAL));
  const mean = blurred(plane, reach).data;
  const data = fine.data.map((value, i) => value - mean[i]!);
  const squares = data.reduce((sum, value) => sum + value ** 2, 0);
  const scale = CONTRAST / Math.max(1, Math.sqrt(squares / data.length));
  return { width, height, data: data.map((value) => value * scale) };
}

/** An edge of the first picture with its difference from the second. */
interface Residual {
  /** Difference in levels. */
  readonly value: number;
  /** Change of the difference with shift (in shares of the sides) and zoom. */
  readonly slopes: readonly [number, number, number];
}

function residuals(
  from: Plane,
  to: Plane,
  [x, y, zoom]: readonly number[],
): Residual[] {
  const { width, height, data } = from;
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
  const found: Residual[] = [];
  for (let row = 1; row < height - 1; row++) {
    for (let column = 1; column < width - 1; column++) {
      const at = row * width + column;
      const dx = (data[at + 1]! - data[at - 1]!) / 2;
      const dy = (data[at + width]! - data[at - width]!) / 2;
      if (dx ** 2 + dy ** 2 < EDGE ** 2) continue;
      const there = valueAt(
        to,
        cx + x! * width + (1 + zoom!) * (column - cx),
        cy + y! * height + (1 + zoom!) * (row - cy),
      );
      if (Number.isNaN(there)) continue;
      found.push({
        value: there - data[at]!,
        slopes: [dx * width, dy * height, dx * (column - cx) + dy * (row - cy)],
      });
    }
  }
  return found;
}

/** A better place, by steps of Gauss and Newton's method. */
function refined(
  from: Plane,
  to: Plane,
  start: readonly number[],
): readonly number[] {
  let place = start;
  for (let step = 0; step < STEPS; step++) {
    const found = residuals(from, to, place);
    if (found.length < 8) return place;
    const spread = 1.4826 *
      quantile(Float32Array.from(found, ({ value }) => Math.abs(value)), 0.5);
    const sigma = Math.max(NOISE, spread);
    const normal = new Float64Array(9);
    const right = new Float64Array(3);
    for (const { value, slopes } of found) {
      const weight = 1 / (1 + (value / sigma) ** 2) ** 2;
      for (let i = 0; i < 3; i++) {
        right[i]! -= weight * slopes[i]! * value;
        for (let k = 0; k < 3; k++) {
          normal[3 * i + k]! += weight * slopes[i]! * slopes[k]!;
        }
      }
    }
    const move = solved3(normal, right);
    if (move === undefined) return place;
    place = place.map((value, i) => value + move[i]!);
    if (place.some((value) => Math.abs(value) > 0.3)) return start;
    if (Math.hypot(...move) < 1e-5) break;
  }
  return place;
}

/** Solution of three equations by Cramer's rule; undefined if there is none. */
function solved3(m: Float64Array, b: Float64Array): number[] | undefined {
  const determinant = (a: Float64Array) =>
    a[0]! * (a[4]! * a[8]! - a[5]! * a[7]!) -
    a[1]! * (a[3]! * a[8]! - a[5]! * a[6]!) +
    a[2]! * (a[3]! * a[7]! - a[4]! * a[6]!);
  const whole = determinant(m);
  if (!(whole > 1e-9 * m[0]! * m[4]! * m[8]!)) return undefined;
  return [0, 1, 2].map((column) => {
    const replaced = m.slice();
    for (let row = 0; row < 3; row++) replaced[3 * row + column] = b[row]!;
    return determinant(replaced) / whole;
  });
}

/** Share of the edges that agree; undefined where there are too few. */
function supportOf(
  from: Plane,
  to: Plane,
  place: readonly number[],
): number | undefined {
  const found = residuals(from, to, place);
  if (found.length < LEAST_EDGES * from.data.length) return undefined;
  return found.filter(({ value }) => Math.abs(value) <= 2 * NOISE).length /
    found.length;
}
