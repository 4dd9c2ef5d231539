import { type Body, poseAgreement, poseChange } from "@edit-transfer/people";
import assert from "node:assert/strict";
import { STANDING, testBody } from "./_test_person.ts";

const standing = testBody(STANDING);
const raised = testBody({
  ...STANDING,
  leftWrist: [78, 0],
  rightWrist: [22, 0],
});

/** The same body elsewhere in a picture, larger or smaller. */
const moved = (body: Body, scale: number, x: number, y: number): Body =>
  body.map((point) => ({
    x: scale * point.x + x,
    y: scale * point.y + y,
    score: point.score,
  }));

Deno.test("poseChange() of a change of framing is none", () => {
  const change = poseChange(
    { body: standing },
    { body: moved(standing, 1.5, -40, 9) },
  )!;
  for (const point of change) {
    assert.ok(!point || Math.hypot(...point) < 1e-12);
  }
});

Deno.test("poseAgreement() of one edit of two people at two scales is 1", () => {
  const one = poseChange({ body: standing }, { body: raised })!;
  const other = poseChange(
    { body: moved(standing, 2, 5, 5) },
    { body: moved(raised, 0.7, 50, 5) },
  )!;
  assert.ok(Math.abs(poseAgreement(one, other)! - 1) < 1e-12);
});

Deno.test("poseAgreement() tells no change and the opposite from the change", () => {
  const up = poseChange({ body: standing }, { body: raised })!;
  const down = poseChange({ body: raised }, { body: standing })!;
  const still = poseChange({ body: standing }, { body: standing })!;
  assert.ok(Math.abs(poseAgreement(up, still)!) < 0.02);
  assert.ok(poseAgreement(up, down)! < -0.98);
  assert.equal(poseAgreement(still, still), 1);
  assert.equal(poseAgreement(up, down), poseAgreement(down, up));
});

Deno.test("a pose that is not seen is unknown, not 0", () => {
  assert.equal(poseChange({}, { body: standing }), undefined);
  assert.equal(
    poseChange({ body: testBody({}) }, { body: standing }),
    undefined,
  );
  const change = poseChange({ body: standing }, { body: raised })!;
  const three = change.map((point, k) => k < 5 ? point : undefined); // nose and ears
  assert.equal(poseAgreement(change, three), undefined);
});
