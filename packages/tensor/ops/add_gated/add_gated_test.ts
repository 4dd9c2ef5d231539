import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import { F32, Inputs } from "../_test_op.ts";
import { addGated } from "./add_gated.ts";

for (
  const [B, L, C] of [[1, 1, 1], [2, 3, 5], [2, 7, 64], [1, 4, 3072]] as const
) {
  forEachDevice(
    `addGated() matches float64, B=${B} L=${L} C=${C}`,
    async (device) => {
      using inputs = new Inputs(device);
      const x = randomArray(1, B * L * C, 300);
      const gate = randomArray(2, B * C);
      const y = randomArray(3, B * L * C);
      const out = addGated(
        inputs.tensor(x, [B, L, C]),
        inputs.tensor(gate, [B, C]),
        inputs.tensor(y, [B, L, C]),
      );
      const expected = Array.from(
        x,
        (v, i) => v + gate[Math.floor(i / (L * C)) * C + i % C]! * y[i]!,
      );
      assertRelative(await read(out), expected, F32);
    },
  );
}

forEachDevice(
  "addGated() throws when the gate does not fit",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor([1, 2, 3, 4], [1, 2, 2]);
    const gate = inputs.tensor([1], [1, 1]);
    assert.throws(() => addGated(x, gate, x), {
      name: "ShapeError",
      message:
        "Cannot run addGated as gate must be [B, C] and y like x [B, L, C]: got x [1, 2, 2], gate [1, 1], y [1, 2, 2]",
    });
    await Promise.resolve();
  },
);
