import assert from "node:assert/strict";
import { distance, DYE, mix, nearestName } from "./colour.ts";

Deno.test("mix goes from one colour to the other", () => {
  assert.equal(mix("#000000", "#ff8000", 0), "#000000");
  assert.equal(mix("#000000", "#ff8000", 1), "#ff8000");
  assert.equal(mix("#000000", "#ff8000", 0.5), "#804000");
});

Deno.test("distance is Euclidean in levels", () => {
  assert.equal(distance("#030000", "#000400"), 5);
});

Deno.test("every dye is nearest to itself", () => {
  for (const [name, colour] of Object.entries(DYE)) {
    assert.equal(nearestName(DYE, colour), name);
  }
});
