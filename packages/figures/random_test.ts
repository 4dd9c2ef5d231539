import assert from "node:assert/strict";
import fc from "fast-check";
import { createRandom, hashText } from "./random.ts";

Deno.test("a key names one stream", () => {
  fc.assert(fc.property(fc.string(), fc.nat(), (word, number) => {
    const a = createRandom([word, number]);
    const b = createRandom([word, number]);
    for (let i = 0; i < 5; i++) assert.equal(a.next(), b.next());
  }));
});

Deno.test("streams of neighbouring numbers are unlike", () => {
  const firsts = Array.from(
    { length: 4096 },
    (_, i) => createRandom(["seed", i]).next(),
  );
  assert.equal(new Set(firsts).size, firsts.length);
  const mean = firsts.reduce((sum, value) => sum + value) / firsts.length;
  // The mean of n uniform draws has deviation 1/√(12n); five of them are allowed.
  assert(
    Math.abs(mean - 0.5) < 5 / Math.sqrt(12 * firsts.length),
    `mean ${mean}`,
  );
});

Deno.test("draws stay within their bounds", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 1000 }), (seed, count) => {
      const random = createRandom([seed]);
      const integer = random.int(count);
      assert(Number.isInteger(integer) && integer >= 0 && integer < count);
      const number = random.range(-count, count);
      assert(number >= -count && number <= count);
      assert.equal(random.pick([seed]), seed);
      assert.equal(random.chance(0), false);
      assert.equal(random.chance(1), true);
    }),
  );
});

Deno.test("hashText is FNV-1a, finished", () => {
  // FNV-1a of the empty text is its offset basis; fmix32 of that in exact integers.
  assert.equal(hashText(""), 0xab3e7c0b);
  assert.notEqual(hashText("ab"), hashText("ba"));
});
