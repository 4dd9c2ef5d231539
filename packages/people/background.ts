import { type Cells, cellsOf, type Panel } from "./panel.ts";

/** Share of the shorter side by which people are grown. */
const GROWN = 1 / 32;
/** Share of a picture that has to be background in both. */
const LEAST_SHARE = 0.02;

/**
 * Mean absolute difference of what is around the people of two pictures, in
 * levels of 255: outside both persons, grown by 1/32 of the side, on means over
 * cells of 1/126 of the side.
 *
 * @param a One picture.
 * @param b Another, of the same size.
 * @returns Levels, >= 0; undefined where people fill the pictures.
 *
 * @throws {RangeError} If the sizes differ.
 *
 * @example Usage
 * ```ts
 * import { backgroundDifference } from "@edit-transfer/people";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const panel = (level: number) => ({
 *   image: blankImage(8, 8, [level, level, level]),
 *   person: {},
 *   mask: new Uint8Array(64),
 * });
 * assert.equal(backgroundDifference(panel(100), panel(106)), 6);
 * ```
 */
export function backgroundDifference(a: Panel, b: Panel): number | undefined {
  checkSizes(a, b);
  const [cellsA, cellsB] = [cellsOf(a), cellsOf(b)];
  const people = grown(
    {
      ...cellsA,
      isPerson: cellsA.isPerson.map((is, i) => is | cellsB.isPerson[i]!),
    },
  );
  let [sum, cells] = [0, 0];
  for (const [i, is] of people.entries()) {
    if (is) continue;
    cells++;
    for (let k = 3 * i; k < 3 * i + 3; k++) {
      sum += Math.abs(cellsA.colours[k]! - cellsB.colours[k]!) / 3;
    }
  }
  return cells < LEAST_SHARE * people.length ? undefined : sum / cells;
}

function checkSizes({ image: a }: Panel, { image: b }: Panel): void {
  if (a.width === b.width && a.height === b.height) return;
  throw new RangeError(
    `Cannot compare backgrounds as pictures must have one size: got ${a.width}×${a.height} and ${b.width}×${b.height}`,
  );
}

/** The cells of people and those around them, `[rows, columns]`. */
function grown({ columns, rows, isPerson }: Cells): Uint8Array {
  const reach = Math.round(Math.min(columns, rows) * GROWN);
  const across = new Uint8Array(isPerson.length);
  const all = new Uint8Array(isPerson.length);
  for (const [i, is] of isPerson.entries()) {
    if (!is) continue;
    const x = i % columns;
    across.fill(
      1,
      i - Math.min(x, reach),
      i + Math.min(columns - 1 - x, reach) + 1,
    );
  }
  for (const [i, is] of across.entries()) {
    if (!is) continue;
    const y = Math.floor(i / columns);
    for (
      let v = Math.max(0, y - reach);
      v <= Math.min(rows - 1, y + reach);
      v++
    ) all[v * columns + i % columns] = 1;
  }
  return all;
}
