/**
 * Measures of an edit whose answer is known.
 *
 * @example Usage
 * ```ts
 * import { scoreEdit, summarizeScores } from "@edit-transfer/metrics";
 * import assert from "node:assert/strict";
 *
 * const picture = (level: number) => ({
 *   width: 1,
 *   height: 1,
 *   data: new Uint8Array(3).fill(level),
 * });
 * const score = scoreEdit(picture(150), { query: picture(0), answer: picture(200) });
 * assert.deepEqual(summarizeScores([score]), { cases: 1, gain: 0.9375, keep: Infinity, win: 1 });
 * ```
 *
 * @module
 */
export * from "./changed_region.ts";
export * from "./edit_score.ts";
