import { scaleChange } from "@edit-transfer/people";
import assert from "node:assert/strict";
import { STANDING, testBody, testFace } from "./_test_person.ts";

const body = testBody(STANDING);
const larger = body.map((point) => ({
  ...point,
  x: 2 * point.x,
  y: 2 * point.y,
}));

Deno.test("scaleChange() goes by faces, else by bodies", () => {
  const face = testFace({ box: [0, 0, 40, 40] });
  const near = testFace({ box: [0, 0, 60, 60] });
  assert.equal(
    scaleChange({ face, body }, { face: near, body }),
    Math.log(1.5),
  );
  assert.equal(scaleChange({ face, body }, { body: larger }), Math.log(2));
});

Deno.test("scaleChange() without either is unknown", () => {
  assert.equal(scaleChange({ face: testFace({}) }, { body }), undefined);
  assert.equal(scaleChange({}, {}), undefined);
});
