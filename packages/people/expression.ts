import type { EditedPeople } from "./head_pose.ts";

/**
 * How much of the expression of an output is what the example makes of the
 * query's: `1 − ½ Σ |o − e|` with the shares
 * `e = max(0, query + after − before)`, scaled to add up to 1. In [0, 1]; an
 * edit of no expression asks for the query's.
 *
 * @param people Who is in the four pictures.
 * @returns The share; undefined where a face is not to be seen.
 *
 * @example Usage
 * ```ts
 * import { expressionAgreement, type Face } from "@edit-transfer/people";
 * import assert from "node:assert/strict";
 *
 * const face = (happy: number) => ({
 *   face: { expression: [0, 0, 0, happy, 0, 0, 1 - happy] } as unknown as Face,
 * });
 * const [before, after, query] = [face(0), face(1), face(0)];
 * assert.equal(
 *   expressionAgreement({ before, after, query, output: face(0.75) }),
 *   0.75,
 * );
 * ```
 */
export function expressionAgreement(
  people: EditedPeople,
): number | undefined {
  const { before, after, query, output } = people;
  const [a, b, q, o] = [before, after, query, output].map((person) =>
    person.face && shares(person.face.expression)
  );
  if (!a || !b || !q || !o) return undefined;
  const wanted = shares(q.map((x, i) => Math.max(0, x + b[i]! - a[i]!)));
  let apart = 0;
  for (const [i, x] of wanted.entries()) apart += Math.abs(x - o[i]!);
  return 1 - apart / 2;
}

/** Values scaled to add up to 1. */
function shares(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => sum > 0 ? value / sum : 1 / values.length);
}
