import { expressionAgreement } from "@edit-transfer/people";
import assert from "node:assert/strict";
import { testFace } from "./_test_person.ts";

const face = (happy: number, sad = 0) => ({
  face: testFace({ expression: [0, 0, 0, happy, sad, 0, 1 - happy - sad] }),
});

Deno.test("expressionAgreement() asks for the query's face where none changes", () => {
  const same = { before: face(0.5), after: face(0.5), query: face(0.25, 0.5) };
  assert.equal(expressionAgreement({ ...same, output: face(0.25, 0.5) }), 1);
  assert.equal(expressionAgreement({ ...same, output: face(0.75) }), 0.5);
});

Deno.test("expressionAgreement() asks for what the example makes of the query's", () => {
  const smile = { before: face(0), after: face(1), query: face(0, 0.5) };
  // 1 happy, 0.5 sad, neutral cut off at 0: two thirds and one third
  assert.ok(
    expressionAgreement({ ...smile, output: face(2 / 3, 1 / 3) })! > 0.999,
  );
  assert.ok(expressionAgreement({ ...smile, output: face(0, 0.5) })! < 0.4);
});

Deno.test("expressionAgreement() takes shares that were cut to two digits", () => {
  const cut = { face: testFace({ expression: [0, 0, 0, 0.49, 0, 0, 0.49] }) };
  const people = { before: cut, after: cut, query: cut, output: cut };
  assert.ok(Math.abs(expressionAgreement(people)! - 1) < 1e-12);
});

Deno.test("expressionAgreement() needs four faces", () => {
  const all = {
    before: face(0),
    after: face(0),
    query: face(0),
    output: face(0),
  };
  assert.equal(expressionAgreement({ ...all, output: {} }), undefined);
});
