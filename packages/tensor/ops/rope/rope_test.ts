import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import { F32, Inputs } from "../_test_op.ts";
import { rope } from "./rope.ts";

for (
  const [B, H, L, D] of [[1, 1, 1, 2], [2, 3, 5, 6], [1, 2, 9, 128]] as const
) {
  forEachDevice(
    `rope() rotates as complex numbers do, B=${B} H=${H} L=${L} D=${D}`,
    async (device) => {
      using inputs = new Inputs(device);
      const x = randomArray(1, B * H * L * D, 30);
      const angles = randomArray(2, L * D / 2, 3);
      const y = await read(rope(
        inputs.tensor(x, [B, H, L, D]),
        inputs.tensor(angles.map(Math.cos), [L, D / 2]),
        inputs.tensor(angles.map(Math.sin), [L, D / 2]),
      ));
      const expected = Array.from(x, (_, i) => {
        const angle = angles[(i >> 1) % angles.length]!;
        const [re, im] = [x[i & ~1]!, x[i | 1]!];
        return i % 2 === 0
          ? re * Math.cos(angle) - im * Math.sin(angle)
          : re * Math.sin(angle) + im * Math.cos(angle);
      });
      assertRelative(y, expected, F32);
    },
  );
}

forEachDevice("rope() throws when the tables do not fit", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor([1, 2, 3, 4], [1, 1, 2, 2]);
  const cos = inputs.tensor([1], [1, 1]);
  assert.throws(() => rope(x, cos, cos), {
    name: "ShapeError",
    message:
      "Cannot run rope as cos and sin must be [L, D / 2] for x [B, H, L, D]: got x [1, 1, 2, 2], cos [1, 1], sin [1, 1]",
  });
  await Promise.resolve();
});
