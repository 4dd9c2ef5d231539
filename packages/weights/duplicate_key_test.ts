import fc from "fast-check";
import assert from "node:assert/strict";
import { duplicateKey } from "./duplicate_key.ts";

Deno.test("duplicateKey() finds a key twice in one object, also when escaped", () => {
  assert.equal(duplicateKey('{"a":1,"b":2,"a":3}'), "a");
  assert.equal(duplicateKey('{"a":1,"\\u0061":3}'), "a");
  assert.equal(duplicateKey('[{"x":{"a":1,"a":3}}]'), "a");
});

Deno.test("duplicateKey() leaves values and other objects alone", () => {
  assert.equal(duplicateKey('{"a":"a","b":["a","a"],"c":{"a":1}}'), undefined);
  assert.equal(duplicateKey('{"a\\"":1,"a":",\\"a\\":"}'), undefined);
});

Deno.test("duplicateKey() finds none in what JSON.stringify() writes", () => {
  fc.assert(
    fc.property(fc.json(), (json) => duplicateKey(json) === undefined),
    { seed: 5, numRuns: 300 },
  );
});
