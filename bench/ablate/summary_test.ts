import assert from "node:assert/strict";
import { summaryOf } from "./summary.ts";

const score = (outputInside: number) => ({
  outputInside,
  queryInside: 1,
  outputOutside: 0,
  queryOutside: 0,
  valuesOutside: 1,
});

Deno.test("summaryOf() gives the error of a mean of independent gains", () => {
  assert.equal(summaryOf([]), undefined);
  assert.equal(summaryOf([score(0.25), score(0.25)])!.gainError, 0);
  const summary = summaryOf(
    Array.from({ length: 64 }, (_, i) => score(i % 2)),
  )!;
  assert.equal(summary.gain, 0.5);
  // deviation 1/2 over sqrt(64); a deviation of 1000 samples is known to 2.2 %
  assert.ok(Math.abs(summary.gainError / (0.5 / 8) - 1) < 5 * 0.0224);
});
