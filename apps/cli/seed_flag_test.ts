import { InvalidArgumentError } from "commander";
import assert from "node:assert/strict";
import { seeds } from "./seed_flag.ts";

Deno.test("seeds() reads numbers and ranges, each seed once", () => {
  assert.deepEqual(seeds("7"), [7]);
  assert.deepEqual(seeds("1-4", [3, 9]), [3, 9, 1, 2, 4]);
  assert.deepEqual(seeds("5-5"), [5]);
  assert.deepEqual(seeds("9007199254740991"), [Number.MAX_SAFE_INTEGER]);
  assert.deepEqual(seeds("18446744073709551615"), [2n ** 64n - 1n]);
  assert.deepEqual(seeds("9007199254740991-9007199254740992"), [
    Number.MAX_SAFE_INTEGER,
    2n ** 53n,
  ]);
  assert.equal(seeds("0-255").length, 256);
});

Deno.test("seeds() draws another seed for each random", () => {
  const drawn = seeds("random", seeds("random", [7]));
  assert.equal(drawn.length, 3);
  assert.ok(drawn.every((seed) => seed >= 0 && seed < 2 ** 32));
});

for (
  const text of [
    ...["", "-1", "1.5", "1e3", "0x1", " 7", "4-1", "1-", "-", "1-2-3"],
    ...[
      "0-256",
      "18446744073709551616",
      "18446744073709551615-18446744073709551616",
    ],
    ...["Random", "１"],
  ]
) {
  Deno.test(`seeds() refuses "${text}"`, () => {
    assert.throws(() => seeds(text), InvalidArgumentError);
  });
}
