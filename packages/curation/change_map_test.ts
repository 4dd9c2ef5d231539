import { changeMap } from "@edit-transfer/curation";
import { blankImage } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { drawnPairs, moved, patched } from "./_test_faults.ts";

const [eyes, shouting] = (await drawnPairs(10)).filter((_, i) =>
  i === 4 || i === 9
);

Deno.test("changeMap() of an edit of the face is one small piece inside", () => {
  for (const { words, before, after } of [eyes!, shouting!]) {
    const { area, parts, border } = changeMap(before, after);
    assert.ok(area > 0.01 && area < 0.15, `${words}: ${area}`);
    assert.equal(parts.length, 1, words);
    assert.ok(Math.abs(parts[0]! - area) < 0.01, words);
    assert.equal(border, 0, words);
  }
});

Deno.test("changeMap() tells a second change", () => {
  const { before, after } = eyes!;
  const twice = patched(after, { left: 4, top: 4, side: 16, level: 20 });
  const { parts } = changeMap(before, twice);
  assert.equal(parts.length, 2);
  assert.ok(parts[0]! > parts[1]! && parts[1]! > 0.01);
});

Deno.test("changeMap() of a picture that moved has contact with the border", () => {
  const { before, after } = shouting!;
  assert.ok(changeMap(before, moved(after, { x: 4 })).border > 0);
});

Deno.test("changeMap() does not see what is not to be seen", () => {
  const image = blankImage(64, 64, [100, 120, 140]);
  const noisy = {
    ...image,
    data: image.data.map((level, i) => level + (i * 7919 % 13) - 6),
  };
  const { area, parts, border } = changeMap(image, noisy);
  assert.deepEqual([area, parts, border], [0, [], 0]);
});

Deno.test("changeMap() at sizes 1 and odd", () => {
  for (const [width, height] of [[1, 1], [1, 7], [33, 17]] as const) {
    const black = blankImage(width, height, [0, 0, 0]);
    const { area, parts, border } = changeMap(black, blankImage(width, height));
    assert.equal(area, 1);
    assert.equal(border, 1);
    assert.ok(parts.length === 1 && Math.abs(parts[0]! - 1) < 1e-6);
  }
});
