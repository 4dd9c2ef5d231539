import { torchRandn } from "@edit-transfer/flow";
import { assertClose, readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";

// Angles reach 2π, so one ulp of an angle moves a normal by 4.8e-7 per unit of radius.
const TOLERANCE = { atol: 1e-6, rtol: 0 };

for (
  const [name, count] of [["0", 4096], ["42", 4096], [
    "123456789",
    4096,
  ]] as const
) {
  Deno.test(`torchRandn() agrees with PyTorch for seed ${name}`, () => {
    const { arrays } = readGolden("flow/noise");
    assertClose(
      torchRandn(Number(name), count),
      arrays[`randn_${name}`]!,
      TOLERANCE,
    );
  });
}

for (const seed of [2 ** 32 + 42, 2 ** 53 - 1]) {
  Deno.test(`torchRandn() takes the low 32 bits of seed ${seed}`, () => {
    const { arrays } = readGolden("flow/noise");
    const expected = arrays[`randn_${seed}`]!;
    assertClose(torchRandn(seed, 32), expected, TOLERANCE);
    assertClose(torchRandn(BigInt(seed), 32), expected, TOLERANCE);
  });
}

for (const n of [1, 2, 5, 15, 16, 17, 31, 33, 625]) {
  Deno.test(`torchRandn() draws ${n} numbers as PyTorch does`, () => {
    const { arrays } = readGolden("flow/noise");
    assertClose(torchRandn(7, n), arrays[`count_${n}`]!, TOLERANCE);
  });
}

for (
  const seed of [
    2n ** 32n - 1n,
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 63n + 12345n,
    2n ** 64n - 2n,
    2n ** 64n - 1n,
  ]
) {
  Deno.test(`torchRandn() agrees with PyTorch for seed ${seed}`, () => {
    const { arrays } = readGolden("flow/large_seeds");
    assertClose(torchRandn(seed, 32), arrays[`randn_${seed}`]!, TOLERANCE);
  });
}

for (const seed of [-1, 1.5, NaN, 2 ** 53, -1n, 2n ** 64n]) {
  Deno.test(`torchRandn() refuses seed ${seed} (${typeof seed})`, () => {
    assert.throws(() => torchRandn(seed, 1), {
      name: "RangeError",
      message:
        `Cannot draw noise as the seed must be an integer from 0 to 18446744073709551615: got ${seed}`,
    });
  });
}

Deno.test("torchRandn() refuses a count below 0", () => {
  assert.throws(() => torchRandn(0, -1), {
    name: "RangeError",
    message: "Cannot draw noise as the count must be an integer >= 0: got -1",
  });
});

Deno.test("torchRandn() gives nothing for a count of 0", () => {
  assert.equal(torchRandn(0, 0).length, 0);
});
