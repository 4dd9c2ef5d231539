import { checkSizes } from "./check_sizes.ts";
import { meanOf } from "./mean_of.ts";
import type { SeedsMetric } from "./metric.ts";

/**
 * How much the seeds of one case differ, in levels of 255: the root mean square
 * over all values of their standard deviation over the outputs,
 * `√ mean_k (Σ_s (x_sk − x̄_k)² / (S − 1))`. 0 is best: what an example shows
 * should not hang on the noise. It needs no answer, but two seeds a case.
 *
 * @example Usage
 * ```ts
 * import { seedSpread } from "@edit-transfer/metrics";
 * import assert from "node:assert/strict";
 *
 * const picture = (level: number) => ({
 *   width: 1,
 *   height: 1,
 *   data: new Uint8Array(3).fill(level),
 * });
 * const score = await seedSpread.score([picture(10), picture(14)], []);
 * assert.equal(score, Math.sqrt(8));
 * ```
 */
export const seedSpread: SeedsMetric<number> = {
  name: "seeds",
  acrossSeeds: true,
  best: 0,
  digits: 1,
  score(outputs) {
    const [first, ...others] = outputs;
    if (first === undefined || others.length === 0) return undefined;
    for (const other of others) {
      checkSizes("measure the spread of seeds", other, first);
    }
    const seeds = outputs.length;
    let squares = 0;
    for (let k = 0; k < first.data.length; k++) {
      let sum = 0;
      let sumOfSquares = 0; // of integers, so that nothing is lost
      for (const { data } of outputs) {
        sum += data[k]!;
        sumOfSquares += data[k]! ** 2;
      }
      squares += sumOfSquares - sum ** 2 / seeds;
    }
    return Math.sqrt(squares / (seeds - 1) / first.data.length);
  },
  summarize: meanOf,
};
