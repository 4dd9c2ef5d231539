import type { Image } from "@edit-transfer/image";
import { changedRegion } from "./changed_region.ts";
import type { EditCase } from "./metric.ts";

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

/**
 * Compares one output with its answer, inside and outside the region that the
 * edit changes.
 *
 * @param output Picture that the model made.
 * @param known Query and answer, of the same size.
 * @returns Sums that {@linkcode gain}, {@linkcode keep} and {@linkcode win} add up.
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
