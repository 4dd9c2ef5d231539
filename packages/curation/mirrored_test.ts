import { mirroredScore } from "@edit-transfer/curation";
import { blankImage } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { drawnPairs, mirrorImage, patched } from "./_test_faults.ts";

const pairs = await drawnPairs(6);

Deno.test("mirroredScore() has the other sign for a mirrored picture", () => {
  for (const { words, before, after } of pairs) {
    const score = mirroredScore(before, after);
    const other = mirroredScore(before, mirrorImage(after));
    assert.ok(Math.abs(score + other) < 1e-9, words);
  }
});

Deno.test("mirroredScore() is clear where the room is not its own mirror image", () => {
  for (const { words, before, after } of pairs) {
    const lamp = { left: 6, top: 6, side: 30, level: 20 };
    const [from, to] = [patched(before, lamp), patched(after, lamp)];
    assert.ok(mirroredScore(from, to) < -0.1, words);
    assert.ok(mirroredScore(from, mirrorImage(to)) > 0.1, words);
  }
});

Deno.test("mirroredScore() of a symmetric picture is 0, at any size", () => {
  for (const [width, height] of [[1, 1], [7, 3], [65, 33]] as const) {
    const image = blankImage(width, height, [10, 200, 30]);
    assert.equal(mirroredScore(image, image), 0);
  }
});
