import fc from "fast-check";
import assert from "node:assert/strict";
import { type RandomState, SeededRandom } from "./seeded_random.ts";

Deno.test("xoshiro128** gives the reference's numbers", () => {
  const random = new SeededRandom([1, 2, 3, 4]);
  // first outputs for the state 1, 2, 3, 4, worked out by hand from the recurrence
  assert.deepEqual([random.bits(), random.bits(), random.bits()], [
    11520,
    0,
    5927040,
  ]);
});

Deno.test("a state taken up continues the stream", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    fc.nat(50),
    (seed, skipped) => {
      const random = new SeededRandom(seed);
      for (let i = 0; i < skipped; i++) random.bits();
      const state = JSON.parse(JSON.stringify(random.state)) as RandomState;
      const twin = new SeededRandom(state);
      assert.deepEqual(twin.permutation(9), random.permutation(9));
      assert.equal(twin.uniform(), random.uniform());
    },
  ));
});

Deno.test("uniform numbers fill [0, 1) and seeds differ", () => {
  const random = new SeededRandom(7);
  const draws = Array.from({ length: 4000 }, () => random.uniform());
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
  // 5 standard errors of a uniform mean: 5 · √(1/12) / √4000
  assert(Math.abs(mean - 0.5) < 5 * Math.sqrt(1 / 12 / 4000));
  assert(Math.min(...draws) >= 0 && Math.max(...draws) < 1);
  const firsts = new Set(
    Array.from({ length: 500 }, (_, i) => new SeededRandom(i).bits()),
  );
  firsts.add(new SeededRandom(2 ** 40).bits());
  assert.equal(firsts.size, 501);
});

Deno.test("bad seeds and states are refused", () => {
  assert.throws(() => new SeededRandom(-1), {
    message:
      "Cannot seed random numbers as the seed must be an integer >= 0: got -1",
  });
  for (const state of [[0, 0, 0, 0], [1, 2, 3], [1, 2, 3, 4.5], null]) {
    assert.throws(
      () => new SeededRandom(state as unknown as RandomState),
      RangeError,
    );
  }
});
