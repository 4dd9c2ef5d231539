import { flowMatchSigmas, parseSchedulerConfig } from "@edit-transfer/flow";
import { assertClose, readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";

const DYNAMIC = parseSchedulerConfig({
  use_dynamic_shifting: true,
  shift: 3,
  base_shift: 0.5,
  max_shift: 1.15,
});

const CASES = [
  ["dynamic_256", 35, DYNAMIC, 256],
  ["dynamic_1024", 28, DYNAMIC, 1024],
  ["dynamic_4096", 35, DYNAMIC, 4096],
  ["dynamic_one_step", 1, DYNAMIC, 4096],
  ["static_3", 35, parseSchedulerConfig({ shift: 3 }), 4096],
  ["static_1.15", 20, parseSchedulerConfig({ shift: 1.15 }), 4096],
  ["static_1", 4, parseSchedulerConfig({}), 256],
] as const;

for (const [name, steps, config, imageTokens] of CASES) {
  Deno.test(`flowMatchSigmas() agrees with diffusers: ${name}`, () => {
    const { arrays } = readGolden("flow/sigmas");
    const sigmas = flowMatchSigmas(steps, { config, imageTokens });
    assertClose(sigmas, arrays[name]!, { atol: 0, rtol: 2 ** -23 }); // one ulp
  });
}

Deno.test("flowMatchSigmas() falls from 1 to 0 at any size", () => {
  for (const imageTokens of [1, 64, 4096, 16384]) {
    const sigmas = flowMatchSigmas(50, { config: DYNAMIC, imageTokens });
    assert.equal(sigmas[0], 1);
    assert.equal(sigmas.at(-1), 0);
    for (let i = 1; i < sigmas.length; i++) {
      assert.ok(sigmas[i]! < sigmas[i - 1]!);
    }
  }
});

for (const steps of [0, -1, 1.5, NaN]) {
  Deno.test(`flowMatchSigmas() refuses ${steps} steps`, () => {
    assert.throws(
      () => flowMatchSigmas(steps, { config: DYNAMIC, imageTokens: 64 }),
      {
        name: "RangeError",
        message:
          `Cannot make a schedule as steps must be an integer >= 1: got ${steps}`,
      },
    );
  });
}

Deno.test("flowMatchSigmas() refuses a shift that ends in NaN", () => {
  const config = parseSchedulerConfig({
    use_dynamic_shifting: true,
    base_shift: 0.3,
    max_shift: 0.6,
    base_image_seq_len: 16,
    max_image_seq_len: 64,
  });
  assert.ok(flowMatchSigmas(3, { config, imageTokens: 4096 }).every(isFinite));
  assert.throws(
    () => flowMatchSigmas(3, { config, imageTokens: 16384 }),
    /^RangeError: Cannot make a schedule as the shift μ must be at most 88\.7, where e\^μ ends in f32: got 102\.6 for 16384 image tokens/,
  );
});

Deno.test("flowMatchSigmas() keeps a shift that falls within its span", () => {
  const config = parseSchedulerConfig({
    use_dynamic_shifting: true,
    base_shift: 0.3,
    max_shift: -4.5,
    base_image_seq_len: 16,
    max_image_seq_len: 64,
  });
  const at = (imageTokens: number) =>
    flowMatchSigmas(7, { config, imageTokens });
  for (const imageTokens of [65, 100, 1024, 1156, 65_536]) {
    assert.deepEqual(at(imageTokens), at(64));
  }
  for (const imageTokens of [1, 4, 15]) {
    assert.deepEqual(at(imageTokens), at(16));
  }
  const between = at(40)[3]!;
  assert.ok(at(64)[3]! < between && between < at(16)[3]!);
});

Deno.test("flowMatchSigmas() follows a shift that rises beyond its span, as diffusers does", () => {
  // calculate_shift(16384) of diffusers 0.42.1: 16384 (0.65 / 3840) + 0.456666…
  const sigmas = flowMatchSigmas(2, { config: DYNAMIC, imageTokens: 16_384 });
  const expMu = Math.exp(16_384 * (0.65 / 3840) + (0.5 - 0.65 / 3840 * 256));
  assert.ok(Math.abs(sigmas[1]! - expMu / (expMu + 1)) < 1e-6);
});
