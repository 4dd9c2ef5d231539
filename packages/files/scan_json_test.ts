import { scanJson } from "@edit-transfer/files";
import fc from "fast-check";
import assert from "node:assert/strict";

Deno.test("scanJson() finds a key twice in one object, also when escaped", () => {
  assert.equal(scanJson('{"a":1,"b":2,"a":3}').twice, "a");
  assert.equal(scanJson('{"a":1,"\\u0061":3}').twice, "a");
  assert.equal(scanJson('[{"x":{"a":1,"a":3}}]').twice, "a");
});

Deno.test("scanJson() leaves values and other objects alone", () => {
  const once = (json: string) => assert.equal(scanJson(json).twice, undefined);
  once('{"a":"a","b":["a","a"],"c":{"a":1}}');
  once('{"a\\"":1,"a":",\\"a\\":"}');
  once('{"a\\\\":"\\\\","a":"\\\\\\""}');
});

Deno.test("scanJson() finds none in what JSON.stringify() writes", () => {
  fc.assert(
    fc.property(fc.json(), (json) => scanJson(json).twice === undefined),
    { seed: 5, numRuns: 300 },
  );
});

Deno.test("scanJson() counts objects and arrays within one another", () => {
  for (const [json, depth] of [["1", 0], ["{}", 1], ['[[],{"a":[]}]', 3]]) {
    assert.equal(scanJson(json as string).depth, depth);
  }
});
