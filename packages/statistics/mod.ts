/**
 * Statistics of comparisons: shares with intervals, exact tests corrected for
 * many questions, strengths from pairs, agreement between people.
 *
 * @example Usage
 * ```ts
 * import { binomialPValue, wilson } from "@edit-transfer/statistics";
 * import assert from "node:assert/strict";
 *
 * const [low, high] = wilson(158.4, 198); // 80 % of the paper's 198 tasks
 * assert.equal(`${low.toFixed(3)} ${high.toFixed(3)}`, "0.739 0.850");
 * assert.ok(binomialPValue(120, 198) < 0.05);
 * ```
 *
 * @module
 */
export * from "./binomial_p_value.ts";
export * from "./bootstrap.ts";
export * from "./bradley_terry.ts";
export * from "./holm.ts";
export * from "./krippendorff.ts";
export * from "./quantile.ts";
export * from "./wilson.ts";
