import { assertRelative, randomArray } from "@edit-transfer/testing";
import fc from "fast-check";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../_test_devices.ts";
import * as reference from "../ops/_reference.ts";
import { F32, Inputs } from "../ops/_test_op.ts";
import { attention } from "./attention.ts";

for (
  const { B, H, Lq, Lk, D, bias: biasShape } of [
    { B: 1, H: 1, Lq: 1, Lk: 1, D: 1, bias: undefined },
    { B: 2, H: 3, Lq: 13, Lk: 37, D: 20, bias: undefined },
    { B: 2, H: 3, Lq: 13, Lk: 37, D: 20, bias: [1, 1] },
    { B: 2, H: 3, Lq: 13, Lk: 37, D: 20, bias: [2, 1] },
    { B: 2, H: 3, Lq: 13, Lk: 37, D: 20, bias: [1, 3] },
    { B: 2, H: 3, Lq: 13, Lk: 37, D: 20, bias: [2, 3] },
    { B: 1, H: 2, Lq: 96, Lk: 96, D: 64, bias: undefined },
    { B: 1, H: 2, Lq: 49, Lk: 64, D: 128, bias: undefined }, // heads of FLUX.1
    { B: 1, H: 1, Lq: 64, Lk: 64, D: 512, bias: undefined }, // its autoencoder
    { B: 1, H: 1, Lq: 5, Lk: 300, D: 7, bias: undefined },
  ]
) {
  const name = `B=${B} H=${H} Lq=${Lq} Lk=${Lk} D=${D} bias=${
    biasShape ?? "none"
  }`;
  forEachDevice(`attention() matches float64, ${name}`, async (device) => {
    using inputs = new Inputs(device);
    const q = randomArray(1, B * H * Lq * D);
    const k = randomArray(2, B * H * Lk * D);
    const v = randomArray(3, B * H * Lk * D);
    const bias = biasShape &&
      randomArray(4, biasShape[0]! * biasShape[1]! * Lq * Lk);
    const y = attention(
      inputs.tensor(q, [B, H, Lq, D]),
      inputs.tensor(k, [B, H, Lk, D]),
      inputs.tensor(v, [B, H, Lk, D]),
      bias && { bias: inputs.tensor(bias, [...biasShape, Lq, Lk]) },
    );
    const expected = reference.attention(
      { q, k, v, ...(bias && { bias }) },
      { B, H, Lq, Lk, D, ...(biasShape && { biasShape }) },
    );
    assertRelative(await read(y), expected, F32);
  });
}

forEachDevice("attention() stays finite with scores of 1e4", async (device) => {
  using inputs = new Inputs(device);
  const [Lq, Lk, D] = [4, 9, 16];
  const q = randomArray(1, Lq * D, 300);
  const k = randomArray(2, Lk * D, 300);
  const v = randomArray(3, Lk * D);
  const y = attention(
    inputs.tensor(q, [1, 1, Lq, D]),
    inputs.tensor(k, [1, 1, Lk, D]),
    inputs.tensor(v, [1, 1, Lk, D]),
    { scale: 1 },
  );
  const expected = reference.attention(
    { q, k, v },
    { B: 1, H: 1, Lq, Lk, D, scale: 1 },
  );
  assertRelative(await read(y), expected, F32);
});

forEachDevice(
  "attention() ignores keys that -Infinity masks",
  async (device) => {
    using inputs = new Inputs(device);
    const y = attention(
      inputs.tensor([1, 1], [1, 1, 1, 2]),
      inputs.tensor([1, 2, 3, 4, 5, 6], [1, 1, 3, 2]),
      inputs.tensor([1, 2, 3, 4, 5, 6], [1, 1, 3, 2]),
      { bias: inputs.tensor([-Infinity, 0, -Infinity], [1, 1, 1, 3]) },
    );
    assert.deepEqual([...await read(y)], [3, 4]);
  },
);

forEachDevice(
  "attention() over equal keys is the mean of the values",
  async (device) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 40 }),
        async (Lk, D) => {
          using inputs = new Inputs(device);
          const v = randomArray(Lk * 100 + D, Lk * D).map((x) => x + 1);
          const ones = new Float32Array(Lk * D).fill(1);
          const y = attention(
            inputs.tensor(randomArray(5, 2 * D), [1, 1, 2, D]),
            inputs.tensor(ones, [1, 1, Lk, D]),
            inputs.tensor(v, [1, 1, Lk, D]),
          );
          const mean = reference.matmul(
            new Float64Array(2 * Lk).fill(1 / Lk),
            v,
            {
              M: 2,
              N: D,
              K: Lk,
            },
          );
          assertRelative(await read(y), mean, F32);
        },
      ),
      { numRuns: 15, seed: 1 },
    );
  },
);

forEachDevice(
  "attention() throws when the operands do not fit",
  async (device) => {
    using inputs = new Inputs(device);
    const q = inputs.tensor([1, 2], [1, 1, 1, 2]);
    const k = inputs.tensor([1, 2, 3], [1, 1, 1, 3]);
    const bias = inputs.tensor([1, 2], [1, 1, 2, 1]);
    assert.throws(() => attention(q, k, q), {
      name: "ShapeError",
      message:
        "Cannot run attention as q must be [B, H, Lq, D] and k and v [B, H, Lk, D]: got q [1, 1, 1, 2], k [1, 1, 1, 3], v [1, 1, 1, 2]",
    });
    assert.throws(() => attention(q, q, q, { bias }), {
      name: "ShapeError",
      message:
        "Cannot run attention as bias must be [1 | B, 1 | H, Lq, Lk]: got q [1, 1, 1, 2], k [1, 1, 1, 2], bias [1, 1, 2, 1]",
    });
    await Promise.resolve();
  },
);
