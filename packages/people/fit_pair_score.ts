import {
  PAIR_TERMS,
  type PairCoefficients,
  type PairTerms,
} from "./pair_score.ts";

/** Two pictures whose relation is known. */
export interface LabelledPair {
  /** What speaks for them. */
  readonly terms: PairTerms;
  /** Whether they are one person before and after an edit. */
  readonly isPair: boolean;
}

/** Weight of the penalty on coefficients of scaled terms. */
const PENALTY = 0.1;
/** Steps of Newton's method. */
const STEPS = 12;

/**
 * Coefficients of {@linkcode pairScore} by logistic regression: terms scaled
 * to mean 0 and deviation 1, unknown ones at the mean, both classes of the same weight,
 * penalty `0.05 |w|²`, by Newton's method.
 *
 * @param pairs True and other pairs.
 * @returns The coefficients.
 *
 * @example Usage
 * ```ts
 * import { fitPairScore, PAIR_TERMS, pairScore, type PairTerms } from "@edit-transfer/people";
 * import assert from "node:assert/strict";
 *
 * const terms = (x: number) =>
 *   Object.fromEntries(PAIR_TERMS.map((name) => [name, x])) as PairTerms;
 * const fitted = fitPairScore([
 *   { terms: terms(0.9), isPair: true },
 *   { terms: terms(0.1), isPair: false },
 * ]);
 * assert.ok(Math.abs(pairScore(terms(0.5), fitted)! - 0.5) < 1e-9);
 * ```
 */
export function fitPairScore(
  pairs: readonly LabelledPair[],
): PairCoefficients {
  const columns = PAIR_TERMS.map((name) =>
    pairs.map(({ terms }) => terms[name])
  );
  const scaled = columns.map(scaledColumn);
  const rows = pairs.map((
    _,
    i,
  ) => [1, ...scaled.map(({ values }) => values[i]!)]);
  const trueOnes = pairs.filter(({ isPair }) => isPair).length;
  const weights = pairs.map(({ isPair }) =>
    0.5 / (isPair ? trueOnes : pairs.length - trueOnes)
  );
  const fit = new Float64Array(PAIR_TERMS.length + 1);
  for (let step = 0; step < STEPS; step++) {
    const gradient = Array.from(fit, (w, i) => i === 0 ? 0 : PENALTY * w);
    const hessian = gradient.map((_, i) =>
      gradient.map((_, j) => i === j && i > 0 ? PENALTY : 0)
    );
    for (const [n, row] of rows.entries()) {
      const odds = row.reduce((sum, x, i) => sum + x * fit[i]!, 0);
      const p = 1 / (1 + Math.exp(-odds));
      const w = weights[n]!;
      for (const [i, x] of row.entries()) {
        gradient[i]! += w * (p - Number(pairs[n]!.isPair)) * x;
        for (const [j, y] of row.entries()) {
          hessian[i]![j]! += w * p * (1 - p) * x * y;
        }
      }
    }
    for (const [i, x] of solved(hessian, gradient).entries()) fit[i]! -= x;
  }
  return {
    bias: fit[0]!,
    mean: scaled.map(({ mean }) => mean),
    weight: scaled.map(({ deviation }, i) => fit[i + 1]! / deviation),
  };
}

/** A column at mean 0 and deviation 1, unknown values at 0. */
function scaledColumn(column: readonly (number | undefined)[]) {
  const known = column.filter((x) => x !== undefined);
  const mean = known.reduce((sum, x) => sum + x, 0) / Math.max(1, known.length);
  const squares = known.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / Math.max(1, known.length)) || 1;
  const values = column.map((x) =>
    x === undefined ? 0 : (x - mean) / deviation
  );
  return { mean, deviation, values };
}

/** Solves `A x = b` for a positive definite matrix by Gauss' elimination. */
function solved(a: readonly (readonly number[])[], b: readonly number[]) {
  const rows = a.map((row, i) => [...row, b[i]!]);
  const n = rows.length;
  for (let i = 0; i < n; i++) {
    for (let k = i + 1; k < n; k++) {
      const factor = rows[k]![i]! / rows[i]![i]!;
      for (let j = i; j <= n; j++) rows[k]![j]! -= factor * rows[i]![j]!;
    }
  }
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let rest = rows[i]![n]!;
    for (let j = i + 1; j < n; j++) rest -= rows[i]![j]! * x[j]!;
    x[i] = rest / rows[i]![i]!;
  }
  return x;
}
