import { rankOutputs } from "@edit-transfer/metrics";
import assert from "node:assert/strict";

const before = [0, 0, 0, 0]; // [2, 1, 2]
const after = [2, 0, 0, 0];
const query = [5, 5, 5, 5];
const known = { before, after, query, shape: [2, 1, 2] } as const;
/** The query with its first value changed. */
const output = (change: number) => [5 + change, 5, 5, 5];

Deno.test("rankOutputs() puts first what gives the example's after back", () => {
  const ranks = rankOutputs({
    ...known,
    outputs: [output(2), output(2), output(2)],
    returns: [[1, 0, 0, 0], after, before],
  });
  assert.deepEqual(ranks.map(({ place }) => place), [2, 1, 3]);
  assert.deepEqual(ranks.map(({ agreement }) => agreement), [0.75, 1, 0]);
  assert.deepEqual(ranks.map(({ consensus }) => consensus), [1, 1, 1]);
});

Deno.test("rankOutputs() passes over what happens where the example does not change", () => {
  const [rank] = rankOutputs({
    ...known,
    outputs: [output(2)],
    returns: [[2, 9, 0, 9]],
  });
  assert.equal(rank!.agreement, 1);
});

Deno.test("rankOutputs() prefers what seeds agree on, moved to the example's size", () => {
  const consensus = (outputs: number[][]) =>
    rankOutputs({ ...known, outputs, returns: outputs.map(() => after) })
      .map(({ place }) => place);
  // the changes are as large as the example's: the middle is best
  assert.deepEqual(consensus([output(1), output(2), output(3)]), [2, 1, 3]);
  // they are too small: the largest is
  assert.deepEqual(
    consensus([output(0.5), output(1), output(1.5)]),
    [3, 2, 1],
  );
});

Deno.test("rankOutputs() of equal outputs keeps their order, and of none throws", () => {
  const ranks = rankOutputs({
    ...known,
    outputs: [output(1), output(1)],
    returns: [after, after],
  });
  assert.deepEqual(ranks.map(({ place, score }) => [place, score]), [[1, 0], [
    2,
    0,
  ]]);
  const still = rankOutputs({
    ...known,
    after: before,
    outputs: [query],
    returns: [before],
  });
  assert.ok(still.every(({ score }) => score === 0)); // not NaN
  assert.throws(() => rankOutputs({ ...known, outputs: [], returns: [] }), {
    message:
      "Cannot rank outputs as each must have what it gives back: got 0 outputs and 0 returns",
  });
});
