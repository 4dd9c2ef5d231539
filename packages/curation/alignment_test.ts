import { measureAlignment } from "@edit-transfer/curation";
import { blankImage } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { drawnPairs, moved } from "./_test_faults.ts";

const [sitting, , , , eyes, , , , , shouting] = await drawnPairs(10);
const SMALL = [eyes!, shouting!];

Deno.test("measureAlignment() of an edit in place is none", () => {
  for (const { words, before, after } of SMALL) {
    const { x, y, zoom, support } = measureAlignment(before, after)!;
    assert.ok(Math.hypot(x, y) < 0.05 && Math.abs(zoom) < 5e-4, words);
    assert.ok(support > 0.7, words);
  }
});

Deno.test("measureAlignment() finds shift and zoom to parts of a pixel, with the edit there", () => {
  for (
    const fault of [{ x: 2, y: -1 }, { x: 0.5, y: 3.25 }, { zoom: 0.03 }, {
      x: -1,
      zoom: -0.02,
    }]
  ) {
    for (const { words, before, after } of SMALL) {
      const { x, y, zoom } = measureAlignment(before, moved(after, fault))!;
      const told = `${words}: ${x}, ${y}, ${zoom}`;
      assert.ok(Math.abs(x - (fault.x ?? 0)) < 0.15, told);
      assert.ok(Math.abs(y - (fault.y ?? 0)) < 0.15, told);
      assert.ok(Math.abs(zoom - (fault.zoom ?? 0)) < 0.004, told);
    }
  }
});

Deno.test("measureAlignment() does not care for light and colour", () => {
  const { before, after } = eyes!;
  const darker = { ...after, data: after.data.map((level) => level * 0.8) };
  const { x, y, zoom } = measureAlignment(before, moved(darker, { x: 2 }))!;
  assert.ok(
    Math.abs(x - 2) < 0.2 && Math.abs(y) < 0.2 && Math.abs(zoom) < 5e-3,
  );
});

Deno.test("measureAlignment() of two scenes, or of nothing, is unknown", () => {
  assert.equal(measureAlignment(sitting!.before, shouting!.before), undefined);
  assert.equal(
    measureAlignment(blankImage(64, 64), blankImage(64, 64)),
    undefined,
  );
  assert.equal(measureAlignment(blankImage(1, 1), blankImage(1, 1)), undefined);
  assert.equal(
    measureAlignment(blankImage(9, 64), blankImage(9, 64)),
    undefined,
  );
});

Deno.test("measureAlignment() refuses two sizes", () => {
  assert.throws(() => measureAlignment(blankImage(8, 8), blankImage(8, 9)), {
    message:
      "Cannot align pictures as pictures must have one size: got 8×8 and 8×9",
  });
});
