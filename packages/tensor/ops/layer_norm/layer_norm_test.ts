import { assertRelative, randomArray } from "@edit-transfer/testing";
import fc from "fast-check";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import { normalize, rows } from "../_reference.ts";
import { F32, Inputs } from "../_test_op.ts";
import { layerNorm } from "./layer_norm.ts";

for (const C of [1, 3, 63, 64, 65, 3072]) {
  for (const learned of [false, true]) {
    forEachDevice(
      `layerNorm() matches float64 ${
        learned ? "with" : "without"
      } weights, C=${C}`,
      async (device) => {
        using inputs = new Inputs(device);
        const [R, eps] = [4, 1e-5];
        // rows of magnitude 300, 1, 0.1 and 0.001
        const x = randomArray(1, R * C).map((v, i) =>
          v * [300, 1, 0.1, 0.001][Math.floor(i / C)]!
        );
        const weight = randomArray(2, C);
        const bias = randomArray(3, C);
        const y = await read(layerNorm(inputs.tensor(x, [2, 2, C]), {
          eps,
          weight: learned ? inputs.tensor(weight) : undefined,
          bias: learned ? inputs.tensor(bias) : undefined,
        }));
        const expected = rows(x, C, (row) => normalize(row, eps)).map((v, i) =>
          learned ? v * weight[i % C]! + bias[i % C]! : v
        );
        for (let i = 0; i < R * C; i += C) {
          assertRelative(y.slice(i, i + C), expected.slice(i, i + C), F32);
        }
      },
    );
  }
}

forEachDevice(
  "layerNorm() does not see what is added to a row",
  async (device) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -50, max: 50 }), {
          minLength: 2,
          maxLength: 90,
        }),
        fc.integer({ min: -100, max: 100 }),
        async (row, added) => {
          fc.pre(new Set(row).size > 1);
          using inputs = new Inputs(device);
          const y = await read(layerNorm(inputs.tensor(row)));
          const moved = inputs.tensor(row.map((value) => value + added));
          assertRelative(await read(layerNorm(moved)), y, F32);
        },
      ),
      { numRuns: 15, seed: 1 },
    );
  },
);

forEachDevice("layerNorm() keeps a constant row finite", async (device) => {
  using inputs = new Inputs(device);
  assert.deepEqual([...await read(layerNorm(inputs.tensor([3, 3])))], [0, 0]);
});

forEachDevice(
  "layerNorm() throws when a weight does not fit",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor([1, 2, 3]);
    assert.throws(() => layerNorm(x, { bias: inputs.tensor([1]) }), {
      name: "ShapeError",
      message:
        "Cannot run layerNorm as bias must be [C] for x [..., C]: got x [3], bias [1]",
    });
    await Promise.resolve();
  },
);
