import { assertClose } from "@edit-transfer/testing";
import assert from "node:assert/strict";

const EXACT = { atol: 0, rtol: 0 };

Deno.test("assertClose() names the worst element and counts the rest", () => {
  assert.throws(() => assertClose([1, 5, 3.5], [1, 2, 3], EXACT), {
    message: "Expected arrays to be close (atol 0, rtol 0): " +
      "2 of 3 elements differ, worst at 1: got 5, expected 2",
  });
});

Deno.test("assertClose() takes equal infinities and refuses NaN", () => {
  assertClose([Infinity], [Infinity], EXACT);
  assert.throws(() => assertClose([NaN], [0], { atol: 1, rtol: 1 }));
  assert.throws(() => assertClose([0], [Infinity], { atol: 1, rtol: 0 }));
});

Deno.test("assertClose() refuses a different length", () => {
  assert.throws(() => assertClose([1], [1, 2], EXACT), /lengths must match/);
});
