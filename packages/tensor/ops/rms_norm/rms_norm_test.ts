import { assertRelative, randomArray } from "@edit-transfer/testing";
import fc from "fast-check";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import { rms, rows } from "../_reference.ts";
import { F32, Inputs } from "../_test_op.ts";
import { rmsNorm } from "./rms_norm.ts";

for (const D of [1, 3, 63, 64, 65, 128, 4096]) {
  forEachDevice(`rmsNorm() matches float64, D=${D}`, async (device) => {
    using inputs = new Inputs(device);
    // rows of magnitude 300, 1, 0.1 and 0.001
    const x = randomArray(1, 4 * D).map((v, i) =>
      v * [300, 1, 0.1, 0.001][Math.floor(i / D)]!
    );
    const weight = randomArray(2, D);
    const y = await read(
      rmsNorm(inputs.tensor(x, [4, D]), inputs.tensor(weight), { eps: 1e-6 }),
    );
    const expected = rows(x, D, (row) => rms(row, 1e-6))
      .map((v, i) => v * weight[i % D]!);
    for (let i = 0; i < 4 * D; i += D) {
      assertRelative(y.slice(i, i + D), expected.slice(i, i + D), F32);
    }
  });
}

forEachDevice("rmsNorm() does not see the scale of a row", async (device) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 50 }), {
        minLength: 1,
        maxLength: 90,
      }),
      fc.integer({ min: -6, max: 6 }),
      async (row, k) => {
        using inputs = new Inputs(device);
        const weight = inputs.tensor(row.map(() => 1));
        const y = await read(rmsNorm(inputs.tensor(row), weight, { eps: 0 }));
        const scaled = inputs.tensor(row.map((value) => value * 2 ** k));
        assertRelative(await read(rmsNorm(scaled, weight, { eps: 0 })), y, F32);
      },
    ),
    { numRuns: 15, seed: 1 },
  );
});

forEachDevice("rmsNorm() keeps a row of zeros finite", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor([0, 0]);
  assert.deepEqual([...await read(rmsNorm(x, inputs.tensor([1, 1])))], [0, 0]);
});

forEachDevice(
  "rmsNorm() throws when the weight does not fit",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor([1, 2, 3, 4], [2, 2]);
    assert.throws(() => rmsNorm(x, inputs.tensor([1, 1, 1])), {
      name: "ShapeError",
      message:
        "Cannot run rmsNorm as weight must be [D] for x [..., D]: got x [2, 2], weight [3]",
    });
    await Promise.resolve();
  },
);
