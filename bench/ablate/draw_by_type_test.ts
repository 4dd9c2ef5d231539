import { EDIT_TYPES } from "@edit-transfer/figures";
import assert from "node:assert/strict";
import { drawByType } from "./draw_by_type.ts";

Deno.test("drawByType() draws each type as often, fewer as the beginning of more", () => {
  const which = { split: "train", seed: 3 } as const;
  const one = drawByType({ ...which, each: 1 });
  const three = drawByType({ ...which, each: 3 });
  assert.equal(three.size, EDIT_TYPES.length);
  for (const [type, cases] of three) {
    assert.equal(cases.length, 3);
    assert.ok(cases.every(({ edits }) => edits[0]!.type.name === type));
    assert.deepEqual(one.get(type), cases.slice(0, 1));
  }
});
