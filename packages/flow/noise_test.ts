import { latentNoise, torchRandn } from "@edit-transfer/flow";
import { assertClose, readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";

for (const seed of [0, 42, 123456789]) {
  Deno.test(`latentNoise() agrees with the reference for seed ${seed}`, () => {
    const { arrays } = readGolden("flow/noise");
    const noise = latentNoise(seed, [16, 16, 12]);
    assertClose(noise, arrays[`standardised_${seed}`]!, {
      atol: 1e-6,
      rtol: 0,
    });
  });
}

Deno.test("latentNoise() with everything off is torchRandn()", () => {
  assert.deepEqual(
    latentNoise(3, [2, 4, 4], { round: "none", standardize: false }),
    torchRandn(3, 32),
  );
});

Deno.test("latentNoise() gives each channel a deviation of 1 and keeps its sign", () => {
  const noise = latentNoise(1, [3, 8, 8]);
  const raw = torchRandn(1, 192);
  for (let c = 0; c < 3; c++) {
    const channel = noise.subarray(c * 64, (c + 1) * 64);
    const mean = channel.reduce((sum, x) => sum + x, 0) / 64;
    const squares = channel.reduce((sum, x) => sum + (x - mean) ** 2, 0);
    assert.ok(Math.abs(Math.sqrt(squares / 63) - 1) < 1e-5);
  }
  assert.ok(noise.every((x, i) => Math.sign(x) === Math.sign(raw[i]!)));
});

Deno.test("latentNoise() rounds to bf16 before anything else", () => {
  const noise = latentNoise(1, [1, 8, 8], { standardize: false });
  const bits = new Uint32Array(noise.buffer);
  assert.ok(bits.every((x) => (x & 0xffff) === 0));
});
