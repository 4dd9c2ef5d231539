import { sharpnessChange } from "@edit-transfer/curation";
import { blankImage } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { drawnPairs, softened } from "./_test_faults.ts";

const pairs = await drawnPairs(6);

Deno.test("sharpnessChange() of an edit is small, of a blur it is not", () => {
  for (const { words, before, after } of pairs) {
    assert.ok(Math.abs(sharpnessChange(before, after)!) < 0.4, words);
    const soft = sharpnessChange(before, softened(after, 1))!;
    assert.ok(soft < -0.7, `${words}: ${soft}`);
  }
});

Deno.test("sharpnessChange() has the other sign the other way round", () => {
  const { before, after } = pairs[0]!;
  const back = sharpnessChange(after, before)!;
  assert.ok(Math.abs(sharpnessChange(before, after)! + back) < 1e-12);
});

Deno.test("sharpnessChange() without edges is unknown", () => {
  for (const side of [1, 2, 3, 20]) {
    const blank = blankImage(side, side);
    assert.equal(sharpnessChange(blank, blank), undefined);
  }
});
