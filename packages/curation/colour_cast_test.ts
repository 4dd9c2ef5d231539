import { colourCast } from "@edit-transfer/curation";
import assert from "node:assert/strict";
import { drawnPairs, tinted } from "./_test_faults.ts";

const pairs = await drawnPairs(6);

Deno.test("colourCast() does not see an edit", () => {
  for (const { words, before, after } of pairs) {
    const { colour, lightness } = colourCast(before, after);
    assert.ok(colour < 0.5 && Math.abs(lightness) < 0.5, words);
  }
});

Deno.test("colourCast() sees a tint and a change of light under it", () => {
  for (const { words, before, after } of pairs) {
    assert.ok(colourCast(before, tinted(after, [-14, 0, 8])).colour > 4, words);
    const darker = colourCast(before, tinted(after, [-20, -20, -20]));
    assert.ok(darker.lightness < -5, words);
  }
});
