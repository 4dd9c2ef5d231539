import { UsageError } from "@edit-transfer/terminal";
import assert from "node:assert/strict";
import { planSeeds, rankTable } from "./best_seeds.ts";

Deno.test("planSeeds() counts from the seed that is named, and keeps the best", () => {
  const auto = planSeeds({ autoSeeds: 3 }, 42);
  assert.deepEqual(auto, { seeds: [42, 43, 44], keepBest: 1 });
  assert.deepEqual(planSeeds({ autoSeeds: 2, seed: [7], keepBest: 2 }, 42), {
    seeds: [7, 8],
    keepBest: 2,
  });
  assert.deepEqual(planSeeds({ seed: [3, 9], keepBest: 1 }, 42), {
    seeds: [3, 9],
    keepBest: 1,
  });
  assert.deepEqual(planSeeds({ seed: [3, 9] }, 42), {
    seeds: [3, 9],
    keepBest: undefined,
  });
});

for (
  const [name, flags, says] of [
    [
      "more outputs than seeds",
      { seed: [1, 2], keepBest: 3 },
      /--keep-best 3 needs as many seeds, and two at least: got 2; name them with --seed or --auto-seeds$/,
    ],
    [
      "seeds beyond the last",
      { seed: [2n ** 64n - 2n], autoSeeds: 3 },
      /seeds must be at most 18446744073709551615: got 3 from 18446744073709551614 on$/,
    ],
    ["the best of one", { keepBest: 1 }, /two at least: got 1;/],
    [
      "seeds named and counted",
      { seed: [1, 2], autoSeeds: 4 },
      /^Cannot edit as --auto-seeds counts from one seed: got 2 of --seed$/,
    ],
  ] as const
) {
  Deno.test(`planSeeds() refuses ${name}`, () => {
    assert.throws(() => planSeeds(flags, 42), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, says);
      return true;
    });
  });
}

Deno.test("rankTable() begins with the best", () => {
  const rank = { score: 0.5, agreement: 0.25, keep: -1 };
  const lines = rankTable([
    { ...rank, seed: 1, place: 2 },
    { ...rank, seed: 22, place: 1 },
  ]).split("\n");
  assert.match(lines[1]!, /^1 +22 +0\.500 +0\.250 +-1\.000$/);
});
