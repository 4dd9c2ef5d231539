import {
  fitPairScore,
  type LabelledPair,
  pairScore,
} from "@edit-transfer/people";
import { randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";

const noise = randomArray(3, 5 * 200);
const pairs = Array.from({ length: 200 }, (_, n): LabelledPair => {
  const isPair = n % 4 === 0;
  const [a, b, c, d, e] = noise.subarray(5 * n, 5 * n + 5);
  return {
    isPair,
    terms: {
      identity: n % 7 === 0 ? undefined : 100 * (a! + (isPair ? 1 : 0)),
      background: b! - (isPair ? 1 : 0),
      scale: c!,
      figureColours: d!,
      backgroundColours: e! * 0 + 5, // always the same
    },
  };
});

Deno.test("fitPairScore() finds the minimum of its loss", () => {
  const { bias, mean, weight } = fitPairScore(pairs);
  const deviations = mean.map((m, i) => {
    const known = pairs.map(({ terms }) => Object.values(terms)[i])
      .filter((x) => x !== undefined);
    return Math.sqrt(
      known.reduce((sum, x) => sum + (x - m) ** 2, 0) / known.length,
    ) || 1;
  });
  const loss = (bias: number, weight: readonly number[]) => {
    let sum = 0;
    for (const { terms, isPair } of pairs) {
      const p = pairScore(terms, { bias, mean, weight })!;
      sum -= Math.log(isPair ? p : 1 - p) * (isPair ? 0.5 / 50 : 0.5 / 150);
    }
    const scaled = weight.map((w, i) => w * deviations[i]!);
    return sum + 0.05 * scaled.reduce((total, w) => total + w * w, 0);
  };
  const best = loss(bias, weight);
  for (const step of [-1e-3, 1e-3]) {
    assert.ok(loss(bias + step, weight) > best);
    for (const i of weight.keys()) {
      const other = weight.with(i, weight[i]! + step / deviations[i]!);
      assert.ok(loss(bias, other) > best, `weight ${i}`);
    }
  }
});

Deno.test("fitPairScore() tells what speaks for a pair, whatever its unit", () => {
  const { weight } = fitPairScore(pairs);
  assert.ok(weight[0]! > 0 && weight[1]! < 0);
  assert.ok(Math.abs(weight[0]! * 100) > 3 * Math.abs(weight[2]!));
  assert.equal(weight[4], 0);
});
