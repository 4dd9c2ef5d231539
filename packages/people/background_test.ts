import { backgroundDifference } from "@edit-transfer/people";
import assert from "node:assert/strict";
import { type Box, testPanel } from "./_test_panel.ts";

const room = (level: number, at: Box, side?: number) =>
  testPanel({ room: [level, level, level], figure: [200, 0, 0], at, side });

Deno.test("backgroundDifference() does not see where people are", () => {
  const a = room(90, [4, 10, 20, 50]);
  const b = room(90, [34, 20, 20, 40]);
  assert.equal(backgroundDifference(a, b), 0);
});

Deno.test("backgroundDifference() is in levels, at any size", () => {
  for (const side of [1, 7, 64, 251]) {
    const [a, b] = [room(90, [0, 0, 0, 0], side), room(96, [0, 0, 0, 0], side)];
    assert.ok(Math.abs(backgroundDifference(a, b)! - 6) < 1e-4, `${side}`);
  }
});

Deno.test("backgroundDifference() where people fill the pictures is unknown", () => {
  const all = room(90, [0, 0, 64, 64]);
  assert.equal(backgroundDifference(all, all), undefined);
});

Deno.test("backgroundDifference() refuses two sizes", () => {
  assert.throws(
    () => backgroundDifference(room(0, [0, 0, 1, 1]), room(0, [0, 0, 1, 1], 8)),
    {
      message:
        "Cannot compare backgrounds as pictures must have one size: got 64×64 and 8×8",
    },
  );
});
