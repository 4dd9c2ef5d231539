import type { EditType, Parameters } from "./edits/edit_type.ts";
import { createRandom, type Random } from "./random.ts";
import type { Framing } from "./state.ts";

/** Draws from which the range of a parameter is known. */
const DRAWS = 400;

/** Ranges of the parameters that are continuous, by their names. */
function rangesOf(
  type: EditType,
  framing: Framing,
): Map<string, readonly [low: number, high: number]> {
  const random = createRandom(["range", type.name, framing]);
  const draws = Array.from(
    { length: DRAWS },
    () => type.sample(random, framing),
  );
  const ranges = new Map<string, readonly [number, number]>();
  for (const name of Object.keys(draws[0]!)) {
    const values = draws.map((draw) => draw[name]!)
      .filter((value) => typeof value === "number");
    if (new Set(values).size < 20) continue; // words, choices
    ranges.set(name, [Math.min(...values), Math.max(...values)]);
  }
  return ranges;
}

/**
 * Whether an edit type has parameters that can lie beyond those of training.
 *
 * @param type The type.
 * @returns True if one of them is continuous.
 *
 * @example Usage
 * ```ts
 * import { EDIT_TYPES, hasBeyond } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 *
 * const has = (name: string) => hasBeyond(EDIT_TYPES.find((type) => type.name === name)!);
 * assert.deepEqual([has("raising-arms"), has("glasses")], [true, false]);
 * ```
 */
export function hasBeyond(type: EditType): boolean {
  return rangesOf(type, type.framings[0]!).size > 0;
}

/** Parameters of which the continuous ones lie 5 to 20 % beyond their range. */
export function sampleBeyond(
  type: EditType,
  random: Random,
  framing: Framing,
): Parameters {
  const beyond: Record<string, number> = {};
  for (const [name, [low, high]] of rangesOf(type, framing)) {
    const by = random.range(0.05, 0.2) * (high - low);
    beyond[name] = random.chance(0.5) ? low - by : high + by;
  }
  return { ...type.sample(random, framing), ...beyond };
}
