/** Least and greatest value of an interval. */
export type Interval = readonly [low: number, high: number];

const Z = 1.959963984540054; // 97.5 % of a normal distribution lie below

/**
 * Wilson's 95 % interval of a share, of answers that are independent:
 * `(p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)`.
 *
 * Source: Wilson, "Probable inference", JASA 22, 1927.
 *
 * @param successes Number of successes, from 0 to `trials`; a tie may be a half.
 * @param trials Number of trials.
 * @returns The interval, within 0 and 1; all of it without trials.
 *
 * @throws {RangeError} If there are more successes than trials.
 *
 * @example Usage
 * ```ts
 * import { wilson } from "@edit-transfer/statistics";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(wilson(0, 0), [0, 1]);
 * assert.ok(wilson(60, 100)[0] > 0.5);
 * ```
 */
export function wilson(successes: number, trials: number): Interval {
  if (!(successes >= 0 && successes <= trials && trials < Infinity)) {
    throw new RangeError(
      `Cannot give an interval as successes must be from 0 to the trials: got ${successes} of ${trials}`,
    );
  }
  if (trials === 0) return [0, 1];
  const p = successes / trials;
  const z = Z ** 2 / trials;
  const middle = (p + z / 2) / (1 + z);
  const half = Math.sqrt(z * (p * (1 - p) + z / 4)) / (1 + z);
  return [
    successes === 0 ? 0 : middle - half,
    successes === trials ? 1 : middle + half,
  ];
}
