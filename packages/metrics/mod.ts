/**
 * Measures of an edit: of its answer where that is known, of its place and its
 * seeds where it is not.
 *
 * @example Usage
 * ```ts
 * import { gain, keep, win } from "@edit-transfer/metrics";
 * import assert from "node:assert/strict";
 *
 * const picture = (level: number) => ({
 *   width: 1,
 *   height: 1,
 *   data: new Uint8Array(3).fill(level),
 * });
 * const known = { query: picture(0), answer: picture(200) };
 * const scores = [await gain.score(picture(150), known)];
 * assert.equal(gain.summarize(scores), 0.9375);
 * assert.equal(keep.summarize(scores), Infinity);
 * assert.equal(win.summarize(scores), 1);
 * ```
 *
 * @module
 */
export * from "./changed_region.ts";
export * from "./edit_score.ts";
export * from "./gain.ts";
export * from "./keep.ts";
export * from "./lock.ts";
export * from "./lock_at.ts";
export * from "./metric.ts";
export * from "./output_shift.ts";
export * from "./rank.ts";
export * from "./seed_spread.ts";
export * from "./shift.ts";
export * from "./win.ts";
