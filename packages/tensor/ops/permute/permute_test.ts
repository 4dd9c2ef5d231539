import fc from "fast-check";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import { indices, position } from "../_reference.ts";
import { Inputs, iota, list } from "../_test_op.ts";
import { permute } from "./permute.ts";

for (
  const axes of [[0, 1, 2, 3], [0, 2, 1, 3], [3, 2, 1, 0], [1, 0, 3, 2], [
    0,
    3,
    1,
    -2,
  ]]
) {
  forEachDevice(`permute() reorders by [${axes}]`, async (device) => {
    using inputs = new Inputs(device);
    const shape = [2, 3, 4, 5];
    const y = permute(inputs.tensor(iota(120), shape), axes);
    const order = axes.map((axis) => axis < 0 ? axis + 4 : axis);
    assert.deepEqual(y.shape, order.map((axis) => shape[axis]!));
    const expected = [...indices(y.shape)].map((index) => {
      const source = shape.slice();
      for (const [i, axis] of order.entries()) source[axis] = index[i]!;
      return position(source, shape);
    });
    assert.deepEqual(list(await read(y)), expected);
  });
}

forEachDevice(
  "permute() is undone by the inverse permutation",
  async (device) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 4 }), {
          minLength: 5,
          maxLength: 5,
        }),
        fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
        async (shape, axes) => {
          using inputs = new Inputs(device);
          const values = iota(shape.reduce((a, b) => a * b));
          const there = inputs.use(permute(inputs.tensor(values, shape), axes));
          const back = permute(
            there,
            axes.map((_, axis) => axes.indexOf(axis)),
          );
          assert.deepEqual(back.shape, shape);
          assert.deepEqual(list(await read(back)), list(values));
        },
      ),
      { numRuns: 20, seed: 1 },
    );
  },
);

forEachDevice(
  "permute() throws when axes are no permutation",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor([1, 2], [1, 2]);
    assert.throws(() => permute(x, [0, 0]), {
      name: "ShapeError",
      message:
        "Cannot run permute as axes must name each axis of x once: got x [1, 2], axes [0, 0]",
    });
    await Promise.resolve();
  },
);
