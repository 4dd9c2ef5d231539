import { parseYaml } from "@edit-transfer/files/yaml";
import assert from "node:assert/strict";

Deno.test("parseYaml() reads YAML and JSON, anchors too", () => {
  assert.deepEqual(parseYaml("a: &x {b: 1}\nc: *x\n"), {
    a: { b: 1 },
    c: { b: 1 },
  });
  assert.deepEqual(parseYaml('{"a": [null, "é"]}'), { a: [null, "é"] });
  assert.equal(parseYaml(""), null);
});

Deno.test("parseYaml() refuses what is none, in one sentence", () => {
  const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
  for (const [i, name] of [..."bcdefgh"].entries()) {
    const other = "abcdefg"[i];
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${other}`).join(",")}]`);
  }
  const cases: [string, RegExp][] = [
    ["a: 1\na: 2", /^it must be YAML or JSON: got Map keys must be unique/],
    ["a: [1", /^it must be YAML or JSON: got Flow sequence/],
    ["a: 1\n---\nb: 2", /^it must be YAML or JSON: got Source contains mul/],
    ["a: *b", /^it must be YAML or JSON: got Unresolved alias.* b/],
    [
      bomb.join("\n"),
      /^its aliases must stand for at most 100 nodes of an anchor: got more$/,
    ],
    ["a: &a [*a]", /^it must be (nested|YAML)/],
    ["a: &a {b: *a}", /^it must be (nested|YAML)/],
    ["[".repeat(100) + "]".repeat(100), /^it must be nested at most 64 deep/],
    [
      "[".repeat(2e4),
      /^it must be nested at most 64 deep: got too many levels$/,
    ],
    ['a: "x\\0y"', /^its texts must be Unicode without NUL: got "x\\u0000y"$/],
  ];
  for (const [text, fault] of cases) {
    assert.throws(() => parseYaml(text), (error) => {
      assert(error instanceof SyntaxError);
      assert.match(error.message, fault);
      return true;
    });
  }
});
