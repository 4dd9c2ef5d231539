import type { Image } from "@edit-transfer/image";
import { changedRegion } from "./changed_region.ts";

/** What one output adds to the measures of a set. */
export interface EditScore {
  /** Squared error of the output inside the changed region. */
  readonly outputInside: number;
  /** Squared error of the query inside the changed region. */
  readonly queryInside: number;
  /** Squared error of the output outside the changed region. */
  readonly outputOutside: number;
  /** Squared error of the query outside the changed region. */
  readonly queryOutside: number;
  /** Values (pixels times three) outside the changed region. */
  readonly valuesOutside: number;
}

/** What an output is compared with. */
export interface EditCase {
  /** Picture that was edited. */
  readonly query: Image;
  /** What the edit should have made of it. */
  readonly answer: Image;
}

/** Measures over a set of cases. */
export interface EditSummary {
  /** How many cases. */
  readonly cases: number;
  /** Edit gain, at most 1 (perfect); 0 is doing nothing. */
  readonly gain: number;
  /** Peak signal-to-noise ratio outside the changed regions, in dB. */
  readonly keep: number;
  /** Share of cases nearer to the answer than the query is, in [0, 1]. */
  readonly win: number;
}

/**
 * Compares one output with its answer, inside and outside the region that the
 * edit changes.
 *
 * @param output Picture that the model made.
 * @param known Query and answer, of the same size.
 * @returns Sums that {@linkcode summarizeScores} adds up.
 *
 * @throws {RangeError} If the sizes differ.
 *
 * @example Usage
 * ```ts
 * import { scoreEdit } from "@edit-transfer/metrics";
 * import assert from "node:assert/strict";
 *
 * const query = { width: 1, height: 1, data: Uint8Array.of(0, 0, 0) };
 * const answer = { ...query, data: Uint8Array.of(100, 0, 0) };
 * assert.equal(scoreEdit(answer, { query, answer }).queryInside, 10_000);
 * ```
 */
export function scoreEdit(output: Image, known: EditCase): EditScore {
  const { query, answer } = known;
  const region = changedRegion(query, answer);
  if (output.width !== query.width || output.height !== query.height) {
    throw new RangeError(
      `Cannot score an edit as the output must have the size of the query: got ${output.width}×${output.height} and ${query.width}×${query.height}`,
    );
  }
  const sums = {
    outputInside: 0,
    queryInside: 0,
    outputOutside: 0,
    queryOutside: 0,
    valuesOutside: 0,
  };
  for (let k = 0; k < answer.data.length; k++) {
    const outputError = (output.data[k]! - answer.data[k]!) ** 2;
    const queryError = (query.data[k]! - answer.data[k]!) ** 2;
    if (region[Math.floor(k / 3)] === 1) {
      sums.outputInside += outputError;
      sums.queryInside += queryError;
    } else {
      sums.outputOutside += outputError;
      sums.queryOutside += queryError;
      sums.valuesOutside++;
    }
  }
  return sums;
}

/**
 * Measures of a set of edits.
 *
 * gain `1 − Σ outputInside / Σ queryInside`; keep
 * `10 log10(255² / (Σ outputOutside / Σ valuesOutside))`; win the share of
 * cases whose whole picture is nearer to the answer than the query is. All sums
 * run over all cases, so a case counts by the size of its change.
 *
 * @param scores Scores of the cases.
 * @returns The measures; NaN for an empty set.
 *
 * @example Usage
 * ```ts
 * import { summarizeScores } from "@edit-transfer/metrics";
 * import assert from "node:assert/strict";
 *
 * const { gain } = summarizeScores([
 *   { outputInside: 1, queryInside: 4, outputOutside: 0, queryOutside: 0, valuesOutside: 3 },
 * ]);
 * assert.equal(gain, 0.75);
 * ```
 */
export function summarizeScores(scores: readonly EditScore[]): EditSummary {
  const sum = (of: (score: EditScore) => number) =>
    scores.reduce((total, score) => total + of(score), 0);
  const wins =
    scores.filter((s) =>
      s.outputInside + s.outputOutside < s.queryInside + s.queryOutside
    ).length;
  const meanOutside = sum((s) => s.outputOutside) /
    sum((s) => s.valuesOutside);
  const silent = scores.length > 0 && sum((s) => s.outputOutside) === 0;
  return {
    cases: scores.length,
    gain: 1 - sum((s) => s.outputInside) / sum((s) => s.queryInside),
    keep: silent ? Infinity : 10 * Math.log10(255 ** 2 / meanOutside),
    win: wins / scores.length,
  };
}
