import assert from "node:assert/strict";
import { distance } from "../../colour.ts";
import { splitOf } from "../../identity.ts";
import { drawInstance } from "../../instance.ts";
import { draw } from "../../draw.ts";
import { isClear } from "./any_pose.ts";
import { GENERAL_EDIT_TYPES } from "./mod.ts";

const INSTANCES = Array.from(
  { length: 400 },
  (_, index) =>
    drawInstance({
      split: "train",
      seed: 1,
      index,
      compose: 1 + index % 2,
      general: true,
    }),
);

Deno.test("differences without a name stay away from what the unseen types do", () => {
  for (const { pairs, edits } of INSTANCES) {
    const isPose = edits.every(({ type }) => type.isGeneral);
    for (const { identity: { look }, source, edited } of pairs) {
      if (isPose) assert(isClear(source) && isClear(edited));
      assert.equal(edited.look.hair, look.hair);
      assert.equal(edited.look.background, look.background);
      assert.equal(edited.beard, undefined);
      const { mask } = edited.extras ?? {};
      assert(mask === undefined || distance(mask, look.hair) >= 90);
      assert.equal(splitOf(source.look), "train");
    }
  }
});

Deno.test("things leave the wall in sight beside them", () => {
  for (const { pairs } of INSTANCES) {
    for (const { source, edited } of pairs) {
      for (const { things = [], camera } of [source, edited]) {
        for (const { width, height, opacity } of things) {
          assert(opacity < 0.7 || Math.min(width, height) < 0.8 * camera.size);
        }
      }
    }
  }
});

for (const type of GENERAL_EDIT_TYPES) {
  Deno.test(`${type.name} shows, with a look of its own each time`, () => {
    const made = INSTANCES.filter(({ edits }) => edits[0]!.type === type);
    const drawings = made.flatMap(({ pairs }) =>
      pairs.map(({ source, edited }) => {
        const [before, after] = [draw(source), draw(edited)];
        assert.notEqual(before, after);
        return after;
      })
    );
    assert(made.length > 10, `only ${made.length} instances`);
    assert.equal(new Set(drawings).size, drawings.length);
  });
}
