import type { Person } from "./person.ts";

/** The four pictures of an edit, as who is in them. */
export interface EditedPeople {
  /** Example before its edit. */
  readonly before: Person;
  /** Example after it. */
  readonly after: Person;
  /** Picture that was edited. */
  readonly query: Person;
  /** What became of it. */
  readonly output: Person;
}

/**
 * Angle between the head of an output and where the example turns it, in
 * degrees: that of `Rₒ Rᵀ` with the rotation `R = R_after R_beforeᵀ R_query`.
 * 0 is best; an edit that turns no head asks for the query's.
 *
 * @param people Who is in the four pictures.
 * @returns The angle in [0, 180]; undefined where a face is not to be seen.
 *
 * @example Usage
 * ```ts
 * import { type Face, headPoseError } from "@edit-transfer/people";
 * import assert from "node:assert/strict";
 *
 * const head = (degrees: number) => {
 *   const [c, s] = [Math.cos(degrees * Math.PI / 180), Math.sin(degrees * Math.PI / 180)];
 *   const rotation = [c, 0, s, 0, 1, 0, -s, 0, c];
 *   return { face: { rotation } as unknown as Face };
 * };
 * const [before, after, query] = [head(0), head(30), head(10)];
 * assert.equal(
 *   Math.round(headPoseError({ before, after, query, output: head(25) })!),
 *   15,
 * );
 * ```
 */
export function headPoseError(
  people: EditedPeople,
): number | undefined {
  const { before, after, query, output } = people;
  const [a, b, q, o] = [before, after, query, output].map((person) =>
    person.face?.rotation
  );
  if (!a || !b || !q || !o) return undefined;
  const wanted = product(product(b, transposed(a)), q);
  const left = product(o, transposed(wanted));
  const cosine = (left[0]! + left[4]! + left[8]! - 1) / 2;
  return Math.acos(Math.min(1, Math.max(-1, cosine))) * 180 / Math.PI;
}

function transposed(m: readonly number[]): number[] {
  return m.map((_, i) => m[3 * (i % 3) + Math.floor(i / 3)]!);
}

function product(a: readonly number[], b: readonly number[]): number[] {
  return a.map((_, i) => {
    const [row, column] = [Math.floor(i / 3), i % 3];
    let sum = 0;
    for (let k = 0; k < 3; k++) sum += a[3 * row + k]! * b[3 * k + column]!;
    return sum;
  });
}
