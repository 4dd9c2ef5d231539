import {
  binomialPValue,
  bootstrap,
  bradleyTerry,
  holm,
  krippendorff,
  quantile,
  wilson,
} from "@edit-transfer/statistics";
import assert from "node:assert/strict";

Deno.test("shares that cannot be are refused", () => {
  const name = "RangeError";
  assert.throws(() => wilson(3, 2), { name, message: /got 3 of 2$/ });
  assert.throws(() => wilson(NaN, 2), { name });
  assert.throws(() => binomialPValue(0.5, 2), {
    name,
    message: /got 0.5 of 2$/,
  });
  assert.throws(() => quantile([1], 2), { name, message: /got 2$/ });
});

Deno.test("nothing is known without answers", () => {
  assert.deepEqual(wilson(0, 0), [0, 1]);
  assert.equal(binomialPValue(0, 0), 1);
  assert.deepEqual(holm([]), []);
  assert.equal(quantile([], 0.5), NaN);
  assert.equal(krippendorff([[1, 0], [0, 1]]), NaN);
  assert.deepEqual(
    bootstrap([2], () => [NaN], { random: () => 0, resamples: 3 }),
    [[NaN, NaN]],
  );
  assert.deepEqual(
    bootstrap([1, 9], () => [1], { random: () => 0, resamples: 3 }),
    [[NaN, NaN]],
    "one person tells nothing of others",
  );
});

Deno.test("large numbers of answers neither overflow nor vanish", () => {
  assert.equal(binomialPValue(50_000, 100_000), 1);
  const p = binomialPValue(49_000, 100_000);
  assert.ok(p > 2e-10 && p < 3e-10, `${p}`);
  assert.equal(binomialPValue(0, 100_000), 0);
});

Deno.test("who never loses has a finite strength, by half a win", () => {
  const { strengths, smoothed } = bradleyTerry([[0, 4], [0, 0]])!;
  assert.ok(smoothed);
  assert.ok(Math.abs(strengths[0]! - 0.9) < 1e-12); // 4.5 of 5
  const three = bradleyTerry([[0, 5, 0], [0, 0, 5], [0, 0, 0]])!;
  assert.ok(three.smoothed && three.strengths[0]! > three.strengths[1]!);
  assert.ok(!bradleyTerry([[0, 5, 0], [0, 0, 5], [1, 0, 0]])!.smoothed);
});

Deno.test("strengths need a chain of comparisons between all", () => {
  assert.equal(
    bradleyTerry([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]),
    undefined,
  );
  assert.deepEqual(bradleyTerry([[0]])!.strengths, [1]);
});
