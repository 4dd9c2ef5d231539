import type { Size } from "./resize.ts";

/** Largest side of a picture in pixels. */
const MOST = 4096;

/**
 * Extents of the ratio of a picture and of the area of a square, in whole
 * multiples: `P √(w / h)` and `P √(h / w)`, each rounded to the nearest.
 *
 * @param size Extents of the picture.
 * @param options Side `P` of the square; what sides are multiples of, in pixels.
 * @returns The extents; the square for a picture that is one.
 *
 * @throws {RangeError} If the picture is so long and narrow that a side would be
 * 0, or more than 4096 pixels.
 *
 * @example Usage
 * ```ts
 * import { matchSize } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const wide = matchSize({ width: 3000, height: 2000 }, { side: 512, multiple: 16 });
 * assert.deepEqual(wide, { width: 624, height: 416 });
 * ```
 */
export function matchSize(
  size: Size,
  options: { readonly side: number; readonly multiple: number },
): Size {
  const { side, multiple } = options;
  const root = Math.sqrt(size.width / size.height);
  const nearest = (x: number) => multiple * Math.round(x / multiple);
  const [width, height] = [nearest(side * root), nearest(side / root)];
  if (Math.min(width, height) < 1 || Math.max(width, height) > MOST) {
    throw new RangeError(
      `Cannot match panels of ${side} x ${side} pixels to a picture as their sides must be from ${multiple} to ${MOST}: got ${width} x ${height} for ${size.width} x ${size.height}; crop or pad it`,
    );
  }
  return { width, height };
}
