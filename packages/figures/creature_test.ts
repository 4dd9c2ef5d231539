import { figureCase, identity, pandaOf } from "@edit-transfer/figures";
import assert from "node:assert/strict";

Deno.test("only the query is a panda, and the edit is done to it", () => {
  const options = { split: "test", seed: 1, index: 2 } as const;
  const one = figureCase({ ...options, creature: "panda" });
  assert.equal(one.source.look.creature, undefined);
  assert.equal(one.query.look.creature, "panda");
  assert.equal(one.target.look.creature, "panda");
  assert.deepEqual(one.edits, figureCase(options).edits);
});

Deno.test("a panda stands before no white wall", () => {
  const walls = Array.from({ length: 60 }, (_, i) => identity("test", i));
  for (const person of walls) {
    const isWhite = person.look.background === "#f4f2ee";
    assert.equal(pandaOf(person) === undefined, isWhite);
  }
});
