import { createRandom } from "@edit-transfer/figures";

/** How intervals are made; they stand in every report. */
export const BOOTSTRAP = {
  /** Share of the resampled values that an interval holds. */
  level: 0.95,
  /** Number of resamples. */
  resamples: 1000,
  /** Seed of the resampling. */
  seed: 1,
} as const;

/** Lower and upper end of an interval. */
export type Interval = readonly [low: number, high: number];

/**
 * Interval of a value over cases, by the percentiles of the bootstrap: as many
 * cases are drawn with replacement, a thousand times, from one seed. Outputs of
 * one case stay together, as they are not independent.
 *
 * Source: Efron and Tibshirani 1993, "An Introduction to the Bootstrap", §13.3.
 *
 * @param cases Number of cases.
 * @param valueOf The value over the cases with these indices.
 * @returns The interval; undefined of fewer than two cases, or where a value is
 * not a finite number.
 *
 * @example Usage
 * ```ts
 * import { bootstrap } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * const values = Array.from({ length: 100 }, (_, i) => i % 2);
 * const share = (members: readonly number[]) =>
 *   members.reduce((sum, i) => sum + values[i]!, 0) / members.length;
 * const [low, high] = bootstrap(100, share)!; // 0.5 ± 1.96 · 0.05
 * assert.ok(Math.abs(low - 0.4) < 0.02 && Math.abs(high - 0.6) < 0.02);
 * ```
 */
export function bootstrap(
  cases: number,
  valueOf: (members: readonly number[]) => number,
): Interval | undefined {
  if (cases < 2) return undefined;
  const { level, resamples, seed } = BOOTSTRAP;
  const random = createRandom(["bootstrap", seed]);
  const members = Array.from({ length: cases }, () => 0);
  const values: number[] = [];
  for (let turn = 0; turn < resamples; turn++) {
    for (let i = 0; i < cases; i++) members[i] = random.int(cases);
    const value = valueOf(members);
    if (Number.isFinite(value)) values.push(value);
  }
  if (values.length < resamples * level) return undefined;
  values.sort((a, b) => a - b);
  const at = (share: number) =>
    values[Math.round(share * (values.length - 1))]!;
  return [at((1 - level) / 2), at((1 + level) / 2)];
}
