import assert from "node:assert/strict";
import { distance } from "../../colour.ts";
import { splitOf } from "../../identity.ts";
import { drawInstance } from "../../instance.ts";
import { draw } from "../../draw.ts";
import type { State } from "../../state.ts";
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

/** What waving, standing on one leg and leaning do, in degrees of their own parameters. */
function assertClear({ arms, legs, lean }: State): void {
  const [down, up] = arms.map(({ upper }) => upper).sort((a, b) => a - b);
  assert(up! < 65 || down! > 40, `one arm up: ${down}, ${up}`);
  assert(Math.abs(legs[0].upper - legs[1].upper) < 30, "one knee up");
  assert(Math.abs(lean) <= 8, `a bent trunk: ${lean}`);
}

Deno.test("differences without a name stay away from what the unseen types do", () => {
  for (const { pairs, edits } of INSTANCES) {
    const isPose = edits.every(({ type }) => type.isGeneral);
    for (const { identity: { look }, source, edited } of pairs) {
      if (isPose) { for (const state of [source, edited]) assertClear(state); }
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
          assert(opacity < 0.7 || Math.min(width, height) < 0.6 * camera.size);
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
