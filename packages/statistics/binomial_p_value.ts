/**
 * Exact two-sided binomial test against chance: the probability, were both sides
 * as likely, of a split as far from even as this one, `2 · P(X ≤ min(k, n−k))`,
 * at most 1.
 *
 * @param successes Number of successes; an integer.
 * @param trials Number of trials; an integer, ties left out.
 * @returns The p-value; 1 without trials.
 *
 * @throws {RangeError} If they are no integers with 0 ≤ successes ≤ trials.
 *
 * @example Usage
 * ```ts
 * import { binomialPValue } from "@edit-transfer/statistics";
 * import assert from "node:assert/strict";
 *
 * assert.ok(Math.abs(binomialPValue(0, 3) - 0.25) < 1e-12);
 * ```
 */
export function binomialPValue(successes: number, trials: number): number {
  if (
    !Number.isSafeInteger(successes) || !Number.isSafeInteger(trials) ||
    successes < 0 || successes > trials
  ) {
    throw new RangeError(
      `Cannot test against chance as successes must be an integer from 0 to the trials: got ${successes} of ${trials}`,
    );
  }
  const fewer = Math.min(successes, trials - successes);
  // relative to the largest term, the last, that nothing underflows
  let log = -trials * Math.LN2;
  for (let i = 1; i <= fewer; i++) log += Math.log((trials - i + 1) / i);
  let sum = 0;
  let term = 1;
  for (let i = fewer; i >= 0 && term > 0; i--) {
    sum += term;
    term *= i / (trials - i + 1);
  }
  return Math.min(1, 2 * sum * Math.exp(log));
}
