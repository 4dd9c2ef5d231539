import type { Person } from "./person.ts";

/**
 * How alike two people look: the cosine of their faces' embeddings, in [-1, 1].
 * 1 is the same picture; above about 0.6 it is mostly one person.
 *
 * @param a One person.
 * @param b Another, or the same.
 * @returns The cosine; undefined where a face is not to be seen.
 *
 * @example Usage
 * ```ts
 * import { type Face, identity } from "@edit-transfer/people";
 * import assert from "node:assert/strict";
 *
 * const person = (...embedding: number[]) => ({
 *   face: { embedding } as unknown as Face,
 * });
 * assert.equal(identity(person(3, 4), person(6, 8)), 1);
 * assert.equal(identity(person(3, 4), {}), undefined);
 * ```
 */
export function identity(
  a: Person,
  b: Person,
): number | undefined {
  const [x, y] = [a.face?.embedding, b.face?.embedding];
  if (x === undefined || y === undefined) return undefined;
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

function product(x: readonly number[], y: readonly number[]): number {
  return x.reduce((sum, value, i) => sum + value * y[i]!, 0);
}
