import { randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";

Deno.test("randomArray() has mean 0 and the given deviation", () => {
  const values = randomArray(3, 20_001, 2);
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) /
    values.length;

  assert.ok(Math.abs(mean) < 5 * 2 / Math.sqrt(20_001)); // 5 sigma
  assert.ok(Math.abs(variance / 4 - 1) < 5 * Math.sqrt(2 / 20_001));
});

Deno.test("randomArray() differs by seed", () => {
  assert.notDeepEqual(randomArray(1, 4), randomArray(2, 4));
});
