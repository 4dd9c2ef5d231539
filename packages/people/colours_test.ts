import { colourOverlap } from "@edit-transfer/people";
import assert from "node:assert/strict";
import { testPanel } from "./_test_panel.ts";

const panel = testPanel({
  room: [90, 90, 90],
  figure: [200, 0, 0],
  at: [0, 0, 20, 40],
});

Deno.test("colourOverlap() does not see where things are, and how many", () => {
  const other = testPanel({
    room: [95, 95, 95],
    figure: [205, 5, 5],
    at: [30, 10, 30, 50],
  });
  assert.deepEqual(colourOverlap(panel, other), { figure: 1, background: 1 });
});

Deno.test("colourOverlap() tells other clothes from another room", () => {
  const clothes = testPanel({
    room: [90, 90, 90],
    figure: [0, 0, 200],
    at: [0, 0, 20, 40],
  });
  assert.deepEqual(colourOverlap(panel, clothes), { figure: 0, background: 1 });
});

Deno.test("colourOverlap() without people, or with nothing else, is unknown", () => {
  const empty = testPanel({
    room: [90, 90, 90],
    figure: [0, 0, 0],
    at: [0, 0, 0, 0],
  });
  const full = testPanel({
    room: [0, 0, 0],
    figure: [1, 1, 1],
    at: [0, 0, 64, 64],
  });
  assert.equal(colourOverlap(panel, empty).figure, undefined);
  assert.equal(colourOverlap(panel, full).background, undefined);
});
