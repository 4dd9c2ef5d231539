import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import { indices, position } from "../_reference.ts";
import { Inputs, iota } from "../_test_op.ts";
import { upsampleNearest2d } from "./upsample_nearest2d.ts";

for (const factor of [1, 2, 3]) {
  forEachDevice(
    `upsampleNearest2d() repeats each pixel ${factor} times`,
    async (device) => {
      using inputs = new Inputs(device);
      const shape = [2, 3, 5, 7];
      const y = upsampleNearest2d(inputs.tensor(iota(210), shape), factor);
      assert.deepEqual(y.shape, [2, 3 * factor, 5 * factor, 7]);
      const expected = [...indices(y.shape)].map(([b, i, j, c]) =>
        position(
          [b!, Math.floor(i! / factor), Math.floor(j! / factor), c!],
          shape,
        )
      );
      assert.deepEqual([...await read(y)], expected);
    },
  );
}

forEachDevice(
  "upsampleNearest2d() throws on what is no image or no factor",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor([1, 2]);
    assert.throws(() => upsampleNearest2d(x), {
      name: "ShapeError",
      message:
        "Cannot run upsampleNearest2d as x must be [B, h, w, C]: got x [2]",
    });
    const image = inputs.tensor([1], [1, 1, 1, 1]);
    assert.throws(() => upsampleNearest2d(image, 1.5), {
      name: "RangeError",
      message:
        "Cannot run upsampleNearest2d as the factor must be an integer >= 1: got 1.5",
    });
    await Promise.resolve();
  },
);
