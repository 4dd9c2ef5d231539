import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import { F32, Inputs } from "../_test_op.ts";
import { modulate } from "./modulate.ts";

for (
  const [B, L, C] of [[1, 1, 1], [2, 3, 5], [2, 7, 64], [1, 4, 3072]] as const
) {
  forEachDevice(
    `modulate() matches float64, B=${B} L=${L} C=${C}`,
    async (device) => {
      using inputs = new Inputs(device);
      const x = randomArray(1, B * L * C, 300);
      const shift = randomArray(2, B * C);
      const scale = randomArray(3, B * C);
      const y = modulate(
        inputs.tensor(x, [B, L, C]),
        inputs.tensor(shift, [B, C]),
        inputs.tensor(scale, [B, C]),
      );
      const expected = Array.from(x, (value, i) => {
        const bc = Math.floor(i / (L * C)) * C + i % C;
        return value * (1 + scale[bc]!) + shift[bc]!;
      });
      assertRelative(await read(y), expected, F32);
    },
  );
}

forEachDevice(
  "modulate() throws when the vectors do not fit",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor([1, 2, 3, 4], [1, 2, 2]);
    const fits = inputs.tensor([1, 2], [1, 2]);
    assert.throws(() => modulate(x, fits, x), {
      name: "ShapeError",
      message:
        "Cannot run modulate as shift and scale must be [B, C] for x [B, L, C]: got x [1, 2, 2], shift [1, 2], scale [1, 2, 2]",
    });
    await Promise.resolve();
  },
);
