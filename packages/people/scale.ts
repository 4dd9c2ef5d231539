import { bodyFrame } from "./body_frame.ts";
import type { Person } from "./person.ts";

/**
 * How much larger a person is in the second picture: the natural logarithm of
 * the ratio of the faces' widths, else of the shoulders'. 0 is the same framing; an edit
 * that makes someone sit or zooms in changes it by itself.
 *
 * @param before Person in one picture.
 * @param after Person in another.
 * @returns The logarithm; undefined where neither face nor shoulders are seen in both.
 *
 * @example Usage
 * ```ts
 * import { type Face, scaleChange } from "@edit-transfer/people";
 * import assert from "node:assert/strict";
 *
 * const person = (width: number) => ({
 *   face: { box: [0, 0, width, width] } as unknown as Face,
 * });
 * assert.equal(scaleChange(person(50), person(100)), Math.log(2));
 * ```
 */
export function scaleChange(
  before: Person,
  after: Person,
): number | undefined {
  if (before.face && after.face) {
    return Math.log(after.face.box[2] / before.face.box[2]);
  }
  const a = before.body && bodyFrame(before.body);
  const b = after.body && bodyFrame(after.body);
  return a && b && Math.log(b.scale / a.scale);
}
