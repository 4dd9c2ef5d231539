import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import * as reference from "../_reference.ts";
import { F32, Inputs } from "../_test_op.ts";
import { groupNorm } from "./group_norm.ts";

for (
  const { B, h, w, C, groups } of [
    { B: 1, h: 1, w: 2, C: 1, groups: 1 },
    { B: 2, h: 3, w: 5, C: 12, groups: 4 },
    { B: 2, h: 3, w: 5, C: 15, groups: 5 },
    { B: 1, h: 9, w: 7, C: 64, groups: 32 },
    { B: 1, h: 16, w: 16, C: 128, groups: 32 }, // autoencoder of FLUX.1
  ]
) {
  for (const silu of [false, true]) {
    forEachDevice(
      `groupNorm() matches float64, ${B} x ${h} x ${w} x ${C}, ${groups} groups${
        silu ? ", SiLU" : ""
      }`,
      async (device) => {
        using inputs = new Inputs(device);
        const x = randomArray(1, B * h * w * C).map((v) => 300 + 30 * v);
        const weight = randomArray(2, C);
        const bias = randomArray(3, C);
        const y = groupNorm(inputs.tensor(x, [B, h, w, C]), {
          weight: inputs.tensor(weight),
          bias: inputs.tensor(bias),
          groups,
          eps: 1e-6,
          silu,
        });
        const normed = reference.groupNorm(
          { x, weight, bias },
          { B, C, groups, eps: 1e-6 },
        );
        const expected = silu
          ? normed.map((v) => v / (1 + Math.exp(-v)))
          : normed;
        // the mean is ten deviations from 0: its rounding weighs ten times
        assertRelative(await read(y), expected, F32);
      },
    );
  }
}

forEachDevice(
  "groupNorm() throws when the groups do not fit",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor([1, 2, 3, 4], [1, 1, 2, 2]);
    const weight = inputs.tensor([1, 1]);
    assert.throws(() => groupNorm(x, { weight, bias: x, groups: 1 }), {
      name: "ShapeError",
      message:
        "Cannot run groupNorm as weight and bias must be [C] for x [B, h, w, C]: got x [1, 1, 2, 2], weight [2], bias [1, 1, 2, 2]",
    });
    assert.throws(() => groupNorm(x, { weight, bias: weight, groups: 3 }), {
      message:
        "Cannot run groupNorm as C must be a multiple of 3 groups for x [B, h, w, C]: got x [1, 1, 2, 2]",
    });
    await Promise.resolve();
  },
);
