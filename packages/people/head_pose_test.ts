import { headPoseError } from "@edit-transfer/people";
import assert from "node:assert/strict";
import { testFace } from "./_test_person.ts";

const RADIANS = Math.PI / 180;
const yaw = (degrees: number) => {
  const [c, s] = [Math.cos(degrees * RADIANS), Math.sin(degrees * RADIANS)];
  return { face: testFace({ rotation: [c, 0, s, 0, 1, 0, -s, 0, c] }) };
};
const pitch = (degrees: number) => {
  const [c, s] = [Math.cos(degrees * RADIANS), Math.sin(degrees * RADIANS)];
  return { face: testFace({ rotation: [1, 0, 0, 0, c, -s, 0, s, c] }) };
};

Deno.test("headPoseError() is 0 where the output turns as the example does", () => {
  const error = headPoseError({
    before: yaw(-5),
    after: yaw(40),
    query: yaw(10),
    output: yaw(55),
  })!;
  assert.ok(error < 1e-5);
});

Deno.test("headPoseError() is the angle that is left", () => {
  const still = { before: yaw(0), after: yaw(0), query: yaw(0) };
  for (const [output, angle] of [[pitch(20), 20], [yaw(-35), 35]] as const) {
    assert.ok(Math.abs(headPoseError({ ...still, output })! - angle) < 1e-9);
  }
});

Deno.test("headPoseError() needs four faces", () => {
  const all = { before: yaw(0), after: yaw(0), query: yaw(0), output: yaw(0) };
  for (const panel of ["before", "after", "query", "output"]) {
    assert.equal(headPoseError({ ...all, [panel]: {} }), undefined);
  }
});
