import assert from "node:assert/strict";
import fc from "fast-check";
import { figureCase } from "./case.ts";
import { applyEdits } from "./instance.ts";
import { SPLITS } from "./identity.ts";

Deno.test("the answer is the query with the example's edits", () => {
  fc.assert(fc.property(
    fc.constantFrom(...SPLITS),
    fc.nat(),
    fc.nat(),
    fc.integer({ min: 1, max: 2 }),
    (split, seed, index, compose) => {
      const drawn = figureCase({ split, seed, index, compose });
      assert.deepEqual(drawn.edited, applyEdits(drawn.source, drawn.edits));
      assert.deepEqual(drawn.target, applyEdits(drawn.query, drawn.edits));
      assert.notEqual(
        drawn.identities.example.number,
        drawn.identities.query.number,
      );
      assert(drawn.caption.includes(drawn.words));
    },
  ));
});

Deno.test("the caption is the same for every draw of the parameters", () => {
  const captions = new Map<string, string>();
  for (let index = 0; index < 200; index++) {
    const { edits, caption } = figureCase({ split: "test", seed: 2, index });
    const name = edits[0]!.type.name;
    assert.equal(captions.get(name) ?? caption, caption);
    captions.set(name, caption);
  }
});

Deno.test("a template of one's own replaces the reference's", () => {
  const { caption, words } = figureCase({
    split: "test",
    seed: 2,
    index: 5,
    template: "<{edit}>",
  });
  assert.equal(caption, `<${words}>`);
});
