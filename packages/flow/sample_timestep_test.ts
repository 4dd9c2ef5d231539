import assert from "node:assert/strict";
import { MersenneTwister } from "./mersenne_twister.ts";
import { sampleTimestep, type TimestepKind } from "./sample_timestep.ts";

const COUNT = 20_000;

function draws(kind: TimestepKind, shift?: number): number[] {
  const generator = new MersenneTwister(5n);
  return Array.from({ length: COUNT }, () =>
    sampleTimestep(
      () => generator.uniform53(),
      kind,
      shift === undefined ? {} : { shift },
    ));
}

/** Asserts the share of draws below each level, within five standard errors. */
function assertShares(
  sigmas: number[],
  shares: [level: number, share: number][],
) {
  for (const [level, share] of shares) {
    const below = sigmas.filter((sigma) => sigma < level).length / COUNT;
    const error = Math.sqrt(share * (1 - share) / COUNT);
    assert(Math.abs(below - share) < 5 * error, `${level}: ${below}`);
  }
}

Deno.test("sigmoid is logit-normal", () => {
  // the logit of σ is standard normal: Φ(−1), Φ(0), Φ(1), Φ(2)
  const level = (logit: number) => 1 / (1 + Math.exp(-logit));
  assertShares(draws("sigmoid"), [
    [level(-1), 0.158655],
    [0.5, 0.5],
    [level(1), 0.841345],
    [level(2), 0.97725],
  ]);
});

Deno.test("sigmoid takes a mean and a deviation of the logit", () => {
  const generator = new MersenneTwister(5n);
  const options = { mean: 0.5, deviation: 2 };
  const sigmas = Array.from(
    { length: COUNT },
    () => sampleTimestep(() => generator.uniform53(), "sigmoid", options),
  );
  const level = (normal: number) => 1 / (1 + Math.exp(-(0.5 + 2 * normal)));
  assertShares(sigmas, [
    [level(-1), 0.158655],
    [level(0), 0.5],
    [level(1), 0.841345],
  ]);
});

Deno.test("uniform is uniform, shifted is shifted", () => {
  assertShares(draws("uniform"), [[0.1, 0.1], [0.5, 0.5], [0.9, 0.9]]);
  // s u / (1 + (s − 1) u) < σ where u < σ / (s − (s − 1) σ)
  assertShares(draws("shift"), [[0.5, 0.25], [0.75, 0.5], [0.9, 0.75]]);
  assertShares(draws("shift", 1), [[0.5, 0.5]]);
});

Deno.test("ends of the generator's range give levels inside (0, 1)", () => {
  for (const kind of ["sigmoid", "uniform", "shift"] as const) {
    for (const u of [0, 1 - 2 ** -53]) {
      const sigma = sampleTimestep(() => u, kind);
      assert(sigma > 0 && sigma < 1);
      assert.equal(sigma, Math.fround(sigma));
    }
  }
  assert.throws(() => sampleTimestep(() => 0.5, "shift", { shift: 0 }), {
    message: "Cannot draw a timestep as the shift must be a number > 0: got 0",
  });
});
