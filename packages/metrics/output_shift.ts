import type { Image } from "@edit-transfer/image";
import { meanOf } from "./mean_of.ts";
import type { Metric } from "./metric.ts";
import { measureShift } from "./shift.ts";

/**
 * How far an output lies beside its query, in pixels: the mean length of
 * {@linkcode measureShift}. 0 is best; it needs no answer.
 *
 * @example Usage
 * ```ts
 * import { outputShift } from "@edit-transfer/metrics";
 * import assert from "node:assert/strict";
 *
 * const query = { width: 16, height: 16, data: new Uint8Array(768) };
 * assert.equal(await outputShift.score(query, { query }), 0);
 * ```
 */
export const outputShift: Metric<number, { readonly query: Image }> = {
  name: "shift",
  best: 0,
  digits: 2,
  unit: "px",
  score(output, { query }) {
    const { x, y } = measureShift(output, query);
    return Math.hypot(x, y);
  },
  summarize: meanOf,
};
