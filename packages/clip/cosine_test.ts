import assert from "node:assert/strict";
import { cosine } from "./cosine.ts";

Deno.test("cosine() is 1 along, 0 across, -1 against, whatever the lengths", () => {
  assert.equal(cosine([2, 0], [5, 0]), 1);
  assert.equal(cosine([2, 0], [0, 5]), 0);
  assert.equal(cosine([2, 0], [-5, 0]), -1);
  assert.equal(cosine([1e-30, 0], [1e30, 0]), 1);
});

Deno.test("cosine() is 0 where there is no direction", () => {
  assert.equal(cosine([0, 0], [1, 2]), 0);
});

Deno.test("cosine() refuses vectors of two lengths", () => {
  assert.throws(() => cosine([1], [1, 2]), {
    message:
      "Cannot compare features as they must be of one length: got 1 and 2",
  });
});
