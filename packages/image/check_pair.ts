import type { Size } from "./resize.ts";

/**
 * Refuses two pictures of different shape, as the squares cut from their centres
 * would show different places. Sizes may differ, to a rounded pixel.
 *
 * @param one Name of the first, for the message, and its extents.
 * @param other The same of the second.
 *
 * @throws {RangeError} If the ratios of their sides differ.
 *
 * @example Usage
 * ```ts
 * import { checkPair } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const before = ["before", { width: 1000, height: 667 }] as const;
 * checkPair(before, ["after", { width: 500, height: 333 }]);
 * assert.throws(
 *   () => checkPair(before, ["after", { width: 667, height: 667 }]),
 *   /got 1000 x 667 and 667 x 667/,
 * );
 * ```
 */
export function checkPair(
  one: readonly [name: string, size: Size],
  other: readonly [name: string, size: Size],
): void {
  if (haveSameShape(one[1], other[1])) return;
  const of = ({ width, height }: Size) => `${width} x ${height}`;
  throw new RangeError(
    `Cannot pair ${one[0]} and ${
      other[0]
    } as both must have one shape, to be cut at one place: got ${
      of(one[1])
    } and ${of(other[1])}`,
  );
}

/** Whether the smaller could be the larger one resized, its sides rounded. */
function haveSameShape(a: Size, b: Size): boolean {
  const larger = a.width * a.height > b.width * b.height ? a : b;
  return Math.abs(a.width * b.height - b.width * a.height) <=
    Math.max(larger.width, larger.height) / 2;
}
