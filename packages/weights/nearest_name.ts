// Names in hostile files can be long and many; the search must stay short.
const MAX_LENGTH = 256;
const MAX_NAMES = 5000;
const MAX_SEGMENT = 24;

/**
 * Name that is most like the wanted one: fewest path segments added, left out
 * or changed, a changed segment counting by its share of changed letters.
 *
 * @param wanted Dotted name that is missing.
 * @param names Names to choose from.
 * @param options `most`: how far the name may be; any if left out.
 * @returns The first of the nearest names; `undefined` if there are none.
 *
 * @example Usage
 * ```ts
 * import { nearestName } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const names = ["layers.1.weight", "model.layers.0.weight"];
 *
 * assert.equal(nearestName("layers.0.weight", names), "model.layers.0.weight");
 * ```
 */
export function nearestName(
  wanted: string,
  names: Iterable<string>,
  options: { readonly most?: number | undefined } = {},
): string | undefined {
  const { most = Infinity } = options;
  let nearest: string | undefined;
  let least = Infinity;
  let seen = 0;
  const segments = wanted.slice(0, MAX_LENGTH).split(".");
  for (const name of names) {
    if (++seen > MAX_NAMES) break;
    if (name.length > MAX_LENGTH) continue;
    const distance = editDistance(segments, name.split("."), segmentDistance);
    if (distance < least) {
      nearest = name;
      least = distance;
    }
  }
  return least <= most ? nearest : undefined;
}

/** 0 for equal segments, up to 1 for other words, 2 for another index. */
function segmentDistance(a: string, b: string): number {
  if (a === b) return 0;
  if (/^\d+$/.test(a) && /^\d+$/.test(b)) return 2;
  const x = a.slice(0, MAX_SEGMENT).split("");
  const y = b.slice(0, MAX_SEGMENT).split("");
  return editDistance(x, y, () => 1) / Math.max(x.length, y.length);
}

/** Levenshtein distance with a price for each substitution. */
function editDistance(
  a: readonly string[],
  b: readonly string[],
  price: (a: string, b: string) => number,
): number {
  let row = b.map((_, j) => j + 1);
  for (let i = 0; i < a.length; i++) {
    const next: number[] = [];
    for (let j = 0; j < b.length; j++) {
      const corner = j > 0 ? row[j - 1]! : i;
      const left = j > 0 ? next[j - 1]! : i + 1;
      const changed = a[i] === b[j] ? 0 : price(a[i]!, b[j]!);
      next.push(Math.min(corner + changed, row[j]! + 1, left + 1));
    }
    row = next;
  }
  return row.at(-1) ?? a.length;
}
