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
});

Deno.test("rankOutputs() passes over what happens where the example does not change", () => {
  const [rank] = rankOutputs({
    ...known,
    outputs: [output(2)],
    returns: [[2, 9, 0, 9]],
  });
  assert.equal(rank!.agreement, 1);
});

Deno.test("rankOutputs() prefers what keeps the places that no seed changes", () => {
  const ranks = rankOutputs({
    ...known,
    outputs: [[7, 5, 5, 5.4], [7, 5, 5, 5], [7, 5, 5, 5.2]],
    returns: [after, after, after],
  });
  assert.deepEqual(ranks.map(({ place }) => place), [3, 1, 2]);
  assert.deepEqual(ranks.map(({ score }) => Math.sign(score)), [-1, 1, 0]);
  const rms = 0.4 / Math.sqrt(2); // of one place's two channels
  assert.ok(Math.abs(ranks[0]!.keep + rms) < 1e-9, `${ranks[0]!.keep}`);
  assert.equal(ranks[1]!.keep, -0);
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
