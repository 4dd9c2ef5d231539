import { type Body, headTurn, isFrontView } from "@edit-transfer/people";
import assert from "node:assert/strict";
import { STANDING, testBody, testFace } from "./_test_person.ts";

const face = testFace({});
const front = testBody(STANDING);

const tilted = (body: Body, degrees: number): Body => {
  const angle = degrees * Math.PI / 180;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return body.map(({ x, y, score }) => ({
    x: c * x - s * y,
    y: s * x + c * y,
    score,
  }));
};

Deno.test("headTurn() is 0 in front, however the head is tilted", () => {
  for (const degrees of [0, 30, -75]) {
    assert.ok(headTurn({ body: tilted(front, degrees) })! < 1e-12);
  }
});

Deno.test("headTurn() grows aside, up and down", () => {
  const nose = (x: number, y: number) =>
    headTurn({ body: testBody({ ...STANDING, nose: [x, y] }) })!;
  assert.ok(Math.abs(nose(58, 21) - 0.4) < 1e-12);
  assert.ok(Math.abs(nose(50, 33) - 0.6) < 1e-12);
  assert.ok(Math.abs(nose(50, 11) - 0.5) < 1e-12);
});

Deno.test("isFrontView() asks for a face and a head that is not turned", () => {
  assert.equal(isFrontView({ face, body: front }), true);
  assert.equal(isFrontView({ body: front }), false);
  const lowered = testBody({ ...STANDING, nose: [50, 33] });
  assert.equal(isFrontView({ face, body: lowered }), false);
});

Deno.test("isFrontView() without people is unknown", () => {
  assert.equal(isFrontView({}), undefined);
  assert.equal(headTurn({ body: testBody({}) }), undefined);
});
