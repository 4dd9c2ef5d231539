import { assertRelative, randomArray } from "@edit-transfer/testing";
import fc from "fast-check";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import { rows, softmaxRow } from "../_reference.ts";
import { F32, Inputs } from "../_test_op.ts";
import { softmax } from "./softmax.ts";

for (const [R, D] of [[1, 1], [5, 7], [3, 64], [3, 65], [2, 4608]] as const) {
  forEachDevice(`softmax() matches float64, R=${R} D=${D}`, async (device) => {
    using inputs = new Inputs(device);
    const x = randomArray(D, R * D, 3);
    const y = softmax(inputs.tensor(x, [R, D]));
    assertRelative(await read(y), rows(x, D, softmaxRow), F32);
  });
}

forEachDevice(
  "softmax() of values of 300 does not overflow",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor([300, 300, -300, -Infinity]);
    assertRelative(await read(softmax(x)), [0.5, 0.5, 0, 0], F32);
  },
);

forEachDevice(
  "softmax() adds up to 1 and does not see a shift",
  async (device) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -20, max: 20 }), {
          minLength: 1,
          maxLength: 90,
        }),
        fc.integer({ min: -100, max: 100 }),
        async (row, shift) => {
          using inputs = new Inputs(device);
          const y = await read(softmax(inputs.tensor(row)));
          assert.ok(Math.abs([...y].reduce((a, b) => a + b) - 1) < F32);
          const moved = inputs.tensor(row.map((value) => value + shift));
          assertRelative(await read(softmax(moved)), y, F32);
        },
      ),
      { numRuns: 15, seed: 1 },
    );
  },
);

forEachDevice(
  "softmax() leaves what lies behind its result",
  async (device) => {
    using inputs = new Inputs(device);
    const ones = new Float32Array(63).fill(1);
    const x = inputs.tensor(ones, [7, 9]);
    const before = inputs.tensor(ones);
    const place = inputs.tensor(ones);
    const behind = inputs.tensor(ones);
    place.dispose(); // the result takes its place
    using _ = softmax(x);
    assert.deepEqual([...await before.data()], [...ones]);
    assert.deepEqual([...await behind.data()], [...ones]);
  },
);
