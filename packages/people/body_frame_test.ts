import { bodyFrame } from "@edit-transfer/people";
import assert from "node:assert/strict";
import { STANDING, testBody } from "./_test_person.ts";

Deno.test("bodyFrame() is the shoulders' place and width", () => {
  assert.deepEqual(bodyFrame(testBody(STANDING)), { x: 50, y: 40, scale: 40 });
});

Deno.test("bodyFrame() of somebody turned aside goes by the trunk", () => {
  const aside = testBody({
    ...STANDING,
    leftShoulder: [52, 40],
    rightShoulder: [48, 40],
  });
  assert.equal(bodyFrame(aside)!.scale, 35); // 0.7 · 50
});

Deno.test("bodyFrame() needs both shoulders", () => {
  const hidden = testBody({ ...STANDING, leftShoulder: [70, 40, 0.19] });
  assert.equal(bodyFrame(hidden), undefined);
  assert.equal(bodyFrame(testBody({})), undefined);
});
