import { assertRelative } from "@edit-transfer/testing";
import assert from "node:assert/strict";

Deno.test("assertRelative() names the error, the worst element and both values", () => {
  assert.throws(() => assertRelative([1, 3, 3], [1, 2, 2], 0.1), {
    message: "Expected a relative error of at most 0.1: " +
      "reached 0.4714 over 3 elements, worst at 1: got 3, expected 2",
  });
});

Deno.test("assertRelative() returns the error reached", () => {
  assert.equal(assertRelative([3, 5], [3, 4], 0.2), 0.2);
});

Deno.test("assertRelative() refuses what is not finite, at any limit", () => {
  assert.throws(
    () => assertRelative([0, NaN], [0, 0], Infinity),
    /worst at 1: got NaN, expected 0/,
  );
});
