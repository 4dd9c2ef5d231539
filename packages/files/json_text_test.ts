import {
  jsonLines,
  jsonText,
  parseForeignJson,
  parseJson,
} from "@edit-transfer/files";
import assert from "node:assert/strict";

Deno.test("parseJson() refuses what may be meant in two ways or held by no text", () => {
  const cases: [string, RegExp][] = [
    ["{", /^SyntaxError: it must be JSON: got /],
    ['{"a":1,"b":{"c":1,"c":2}}', /: a key must stand once: got "c" twice$/],
    ['["\\u0000"]', /its texts must be Unicode without NUL: got "\\u0000"$/],
    ['{"\\ud800":1}', /its texts must be Unicode without NUL: got "\\ud800"$/],
    [
      "[".repeat(65) + "]".repeat(65),
      /it must be nested at most 64 deep: got 65/,
    ],
  ];
  for (const [text, fault] of cases) {
    assert.throws(() => parseJson(text), fault);
  }
  const sound = '{"a":["\\ud83d\\ude42",{"a":null}],"b":{}}';
  assert.deepEqual(parseJson(sound), JSON.parse(sound));
});

Deno.test("parseJson() keeps integers beyond 2⁵³, as jsonText() writes them", () => {
  const value = [
    2n ** 64n - 1n,
    2n ** 53n,
    2 ** 53 - 1,
    -1,
    0.5,
    1e300,
    "9".repeat(20),
  ];
  assert.equal(
    jsonText(value),
    '[18446744073709551615,9007199254740992,9007199254740991,-1,0.5,1e+300,"99999999999999999999"]',
  );
  assert.deepEqual(parseJson(jsonText(value)), value);
});

Deno.test("parseForeignJson() refuses depth that no function could walk", () => {
  const deep = (n: number) => "[".repeat(n) + "]".repeat(n);
  parseForeignJson(deep(64));
  assert.throws(
    () => parseForeignJson(deep(200_000)),
    /nested at most 64 deep: got 200000$/,
  );
});

Deno.test("jsonLines() numbers lines as an editor does, and tells their faults", () => {
  const lines = jsonLines('{"a":1}\r\n\n{"a":\n[]');
  assert.deepEqual(lines.map(({ line, value }) => [line, value]), [
    [1, { a: 1 }],
    [3, undefined],
    [4, []],
  ]);
  assert.match(lines[1]!.fault!, /^it must be JSON: got /);
});
