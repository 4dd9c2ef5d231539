import assert from "node:assert/strict";
import fc from "fast-check";
import { EDIT_TYPES, UNSEEN_EDIT_TYPES } from "./edits/mod.ts";
import { SPLITS } from "./identity.ts";
import { applyEdits, drawInstance } from "./instance.ts";

const options = fc.record({
  split: fc.constantFrom(...SPLITS),
  seed: fc.nat(),
  index: fc.nat(),
  compose: fc.integer({ min: 1, max: 3 }),
  identities: fc.integer({ min: 1, max: 5 }),
  general: fc.boolean(),
});

Deno.test("an instance is a function of its options", () => {
  fc.assert(
    fc.property(options, (which) => {
      const [a, b] = [drawInstance(which), drawInstance(which)];
      assert.equal(JSON.stringify(a), JSON.stringify(b));
    }),
    { numRuns: 50 },
  );
});

Deno.test("all figures of an instance take the same edits and are unlike", () => {
  fc.assert(fc.property(options, (which) => {
    const { pairs, edits, framing } = drawInstance(which);
    assert.equal(pairs.length, which.identities);
    assert.equal(edits.length, which.compose);
    assert.equal(
      new Set(pairs.map((pair) => pair.identity.number)).size,
      pairs.length,
    );
    for (const { identity, source, edited } of pairs) {
      assert.equal(identity.split, which.split);
      assert.equal(source.framing, framing);
      assert.deepEqual(edited, applyEdits(source, edits));
      assert.notDeepEqual(edited, source);
    }
  }));
});

Deno.test("edits made at once never claim the same part of a figure", () => {
  fc.assert(fc.property(options, (which) => {
    const claimed = drawInstance(which).edits.flatMap(({ type }) =>
      type.channels
    );
    assert.equal(new Set(claimed).size, claimed.length, claimed.join());
  }));
});

Deno.test("composed edits all show in the answer", () => {
  for (let index = 0; index < 200; index++) {
    const { edits, pairs } = drawInstance({
      split: "train",
      seed: 3,
      index,
      compose: 2,
    });
    const { source, edited } = pairs[0]!;
    for (const edit of edits) {
      const others = edits.filter((other) => other !== edit);
      assert.notDeepEqual(applyEdits(source, others), edited, edit.type.name);
    }
  }
});

Deno.test("only the unseen split has types that training never shows, and in every case", () => {
  const names = (
    split: typeof SPLITS[number],
    compose: number,
  ): Set<string>[] =>
    Array.from(
      { length: 300 },
      (_, index) =>
        new Set(
          drawInstance({ split, seed: 1, index, compose }).edits.map((e) =>
            e.type.name
          ),
        ),
    );
  const unseen = new Set(UNSEEN_EDIT_TYPES.map(({ name }) => name));
  for (const compose of [1, 2]) {
    for (const split of ["train", "test"] as const) {
      assert(names(split, compose).every((set) => set.isDisjointFrom(unseen)));
    }
    assert(
      names("unseen", compose).every((set) => !set.isDisjointFrom(unseen)),
    );
  }
  const seen = new Set(names("train", 1).flatMap((set) => [...set]));
  assert.equal(seen.size, EDIT_TYPES.length);
});

Deno.test("numbers out of range are refused", () => {
  const which = { split: "test", seed: 1, index: 0 } as const;
  assert.throws(() => drawInstance({ ...which, compose: 4 }), {
    name: "RangeError",
    message: "Cannot draw a figure case as it composes 1 to 3 edits: got 4",
  });
  assert.throws(() => drawInstance({ ...which, seed: -1 }), RangeError);
  assert.throws(() => drawInstance({ ...which, index: 0.5 }), RangeError);
});

Deno.test("drawInstance() draws edits of some types only", () => {
  const drawn = [0, 1, 2, 3].map((index) =>
    drawInstance({
      split: "unseen",
      seed: 1,
      index,
      types: ["beard", "one-leg"],
    })
  );
  const names = drawn.map(({ edits }) => edits[0]!.type.name);
  assert.deepEqual([...new Set(names)].sort(), ["beard", "one-leg"]);
});

Deno.test("drawInstance() refuses types that its split does not have", () => {
  assert.throws(
    () =>
      drawInstance({ split: "unseen", seed: 1, index: 0, types: ["jumping"] }),
    /must be of waving-arm, .*beard, black-and-white, .*: got "jumping"/,
  );
});
