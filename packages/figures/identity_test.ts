import assert from "node:assert/strict";
import fc from "fast-check";
import { identity, splitOf, SPLITS } from "./identity.ts";

Deno.test("a figure is a function of split and number", () => {
  fc.assert(
    fc.property(fc.constantFrom(...SPLITS), fc.nat(), (split, number) => {
      assert.deepEqual(identity(split, number), identity(split, number));
    }),
  );
});

Deno.test("figures of two splits never look alike", () => {
  fc.assert(
    fc.property(fc.constantFrom(...SPLITS), fc.nat(), (split, number) => {
      assert.equal(splitOf(identity(split, number).look), split);
    }),
  );
  const looks = SPLITS.map((split) =>
    new Set(Array.from({ length: 500 }, (_, i) => {
      const { shoes: _shoes, floor: _floor, longSleeves: _sleeves, ...look } =
        identity(split, i).look;
      return JSON.stringify(look);
    }))
  );
  const [train, test, unseen] = looks as [
    Set<string>,
    Set<string>,
    Set<string>,
  ];
  assert.equal(train.intersection(test).size, 0);
  assert.equal(train.intersection(unseen).size, 0);
  assert.equal(test.intersection(unseen).size, 0);
});

Deno.test("a number that is none is refused", () => {
  assert.throws(() => identity("test", -1), {
    name: "RangeError",
    message:
      "Cannot draw an identity as its number must be an integer of at least 0: got -1",
  });
  assert.throws(() => identity("test", 0.5), RangeError);
});
