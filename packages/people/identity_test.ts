import { identity } from "@edit-transfer/people";
import assert from "node:assert/strict";
import { testFace } from "./_test_person.ts";

const person = (...embedding: number[]) => ({ face: testFace({ embedding }) });

Deno.test("identity() compares directions", () => {
  assert.equal(identity(person(1, 0), person(0, 5)), 0);
  assert.equal(identity(person(2, 0), person(-5, 0)), -1);
  assert.ok(
    Math.abs(identity(person(1, 1), person(1, 0))! - 0.5 ** 0.5) < 1e-15,
  );
});

Deno.test("identity() of a face that is not seen is unknown, not 0", () => {
  assert.equal(identity({}, person(1)), undefined);
  assert.equal(identity(person(1), {}), undefined);
});
