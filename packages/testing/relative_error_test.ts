import { relativeError } from "@edit-transfer/testing";
import assert from "node:assert/strict";

Deno.test("relativeError() is the distance where the reference is zero", () => {
  assert.equal(relativeError([3, 4], [0, 0]), 5);
  assert.equal(relativeError([], []), 0);
});

Deno.test("relativeError() is NaN on values that are not finite", () => {
  assert.ok(Number.isNaN(relativeError([NaN], [1])));
  assert.ok(Number.isNaN(relativeError([Infinity], [Infinity])));
  assert.ok(Number.isNaN(relativeError([1], [Infinity])));
});

Deno.test("relativeError() refuses a different length", () => {
  assert.throws(() => relativeError([1], [1, 2]), {
    message: "Cannot compare arrays as lengths must match: got 1, expected 2",
  });
});
