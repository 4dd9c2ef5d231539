import { SeededRandom } from "@edit-transfer/dataset/seeded_random";
import {
  binomialPValue,
  bootstrap,
  bradleyTerry,
  holm,
  krippendorff,
  wilson,
} from "@edit-transfer/statistics";
import assert from "node:assert/strict";
import golden from "../../fixtures/goldens/studies/statistics.json" with {
  type: "json",
};
import { expandedTail } from "./expanded_tail.ts";

const ERROR = 1e-9; // of values of order 1

function assertNear(actual: readonly number[], expected: readonly number[]) {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of actual.entries()) {
    assert.ok(
      Math.abs(value - expected[i]!) <= ERROR,
      `${value} is not within ${ERROR} of ${expected[i]}`,
    );
  }
}

function bootstrapOptions({ seed, resamples }: {
  readonly seed: number;
  readonly resamples: number;
}) {
  const random = new SeededRandom(seed);
  return { random: () => random.uniform(), resamples };
}

Deno.test("intervals and tests of shares are those of statsmodels and scipy", () => {
  for (const { successes, trials, interval, p } of golden.shares) {
    assertNear(wilson(successes, trials), interval);
    assertNear([binomialPValue(successes, trials)], [p]);
  }
});

Deno.test("tails of intervals are those of scipy", () => {
  for (const { count, tail } of golden.tails) {
    assertNear([expandedTail(count)], [tail]);
  }
});

Deno.test("Holm's correction is that of statsmodels", () => {
  for (const { values, corrected } of golden.corrections) {
    assertNear(holm(values), corrected);
  }
});

Deno.test("strengths are those of a logistic regression by statsmodels", () => {
  for (const { wins, strengths } of golden.comparisons) {
    assertNear(bradleyTerry(wins)!.strengths, strengths);
  }
});

Deno.test("agreement and its interval are those of the package krippendorff", () => {
  const { counts, alpha, interval, ...how } = golden.agreement;
  assertNear([krippendorff(counts)], [alpha]);
  const [own] = bootstrap(
    [counts.length],
    ([drawn]) => [krippendorff(counts, drawn)],
    bootstrapOptions(how),
  );
  assertNear(own!, interval);
});

Deno.test("an interval over people and cases is that of numpy", () => {
  const { people, cases, answers, interval, ...how } = golden.two_ways;
  const [own] = bootstrap([people, cases], ([byPerson, byCase]) => {
    let [won, all] = [0, 0];
    for (const [person, one, first] of answers as [number, number, number][]) {
      const weight = byPerson![person]! * byCase![one]!;
      won += weight * first;
      all += weight;
    }
    return [won / all];
  }, bootstrapOptions(how));
  assertNear(own!, interval);
});
