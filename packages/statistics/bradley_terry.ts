const CLOSE = 1e-13; // relative change of a strength
const STEPS = 100_000;

/** Strengths of what was compared in pairs. */
export interface Strengths {
  /** A strength for each, their sum 1. */
  readonly strengths: readonly number[];
  /** Whether half a win was added to both sides of each pair compared. */
  readonly smoothed: boolean;
}

/**
 * Strengths `w` of the Bradley–Terry model, `P(i before j) = wᵢ / (wᵢ + wⱼ)`, of
 * greatest likelihood, by `wᵢ ← Wᵢ / Σⱼ nᵢⱼ / (wᵢ + wⱼ)` with `Wᵢ` the wins of `i`.
 *
 * Where some never lose to the others, a strength would be infinite: half a win
 * is then added to both sides of each pair that was compared.
 *
 * Source: Bradley & Terry 1952; Ford 1957; Hunter, "MM algorithms", 2004.
 *
 * @param wins Wins of the row over the column, `[n, n]`; a tie is half a win of
 * both. The diagonal is not read.
 * @returns See {@linkcode Strengths}; undefined where a chain of comparisons does
 * not join all of them.
 *
 * @example Usage
 * ```ts
 * import { bradleyTerry } from "@edit-transfer/statistics";
 * import assert from "node:assert/strict";
 *
 * const { strengths } = bradleyTerry([[0, 3], [1, 0]])!;
 * assert.ok(Math.abs(strengths[0]! - 0.75) < 1e-12);
 * ```
 */
export function bradleyTerry(
  wins: readonly (readonly number[])[],
): Strengths | undefined {
  const compared = (i: number, j: number) =>
    i !== j && wins[i]![j]! + wins[j]![i]! > 0;
  if (!reachesAll(wins.length, compared)) return undefined;
  const isFinite = reachesAll(wins.length, (i, j) => wins[i]![j]! > 0) &&
    reachesAll(wins.length, (i, j) => wins[j]![i]! > 0);
  const added = isFinite ? 0 : 0.5;
  const won = wins.map((row, i) =>
    row.map((count, j) => compared(i, j) ? count + added : 0)
  );
  const counts = won.map((row, i) =>
    row.map((count, j) => count + won[j]![i]!)
  );
  const totals = won.map((row) => row.reduce((sum, count) => sum + count, 0));
  let strengths = wins.map(() => 1 / wins.length);
  for (let step = 0; step < STEPS; step++) {
    const next = normalised(
      totals.map((total, i) =>
        wins.length === 1 ? 1 : total / counts[i]!.reduce(
          (sum, count, j) => sum + count / (strengths[i]! + strengths[j]!),
          0,
        )
      ),
    );
    const isDone = next.every((one, i) =>
      Math.abs(one - strengths[i]!) <= CLOSE * one
    );
    strengths = next;
    if (isDone) break;
  }
  return { strengths, smoothed: !isFinite };
}

function normalised(values: readonly number[]): number[] {
  const sum = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => value / sum);
}

/** Whether steps along edges lead from the first node to all others. */
function reachesAll(
  count: number,
  leads: (from: number, to: number) => boolean,
): boolean {
  const seen = new Set([0]);
  for (const from of seen) { // grows while it is walked
    for (let to = 0; to < count; to++) if (leads(from, to)) seen.add(to);
  }
  return seen.size >= count;
}
