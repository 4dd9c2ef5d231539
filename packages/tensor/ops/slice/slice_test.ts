import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import { indices, position } from "../_reference.ts";
import { Inputs, iota, list } from "../_test_op.ts";
import { slice } from "./slice.ts";

const SHAPE = [3, 4, 5];

for (
  const [axis, range, start, extent] of [
    [0, { start: 1 }, 1, 2],
    [1, { start: 1, end: 3 }, 1, 2],
    [2, { end: 4 }, 0, 4],
    [-1, { start: -2 }, 3, 2],
    [-2, { end: -1 }, 0, 3],
    [0, {}, 0, 3],
  ] as const
) {
  forEachDevice(
    `slice() copies ${JSON.stringify(range)} of axis ${axis}`,
    async (device) => {
      using inputs = new Inputs(device);
      const y = slice(inputs.tensor(iota(60), SHAPE), axis, range);
      const cut = axis < 0 ? axis + 3 : axis;
      const shape = SHAPE.with(cut, extent);
      assert.deepEqual(y.shape, shape);
      const expected = [...indices(shape)].map((index) =>
        position(index.with(cut, index[cut]! + start), SHAPE)
      );
      assert.deepEqual(list(await read(y)), expected);
    },
  );
}

forEachDevice("slice() cuts pairs of f16, and indices", async (device) => {
  using inputs = new Inputs(device);
  for (const dtype of ["f16", "i32"] as const) {
    const x = inputs.tensor(iota(8), [2, 4], dtype);
    const y = slice(x, 1, { start: 2 });
    assert.equal(y.dtype, dtype);
    assert.deepEqual(list(await read(y)), [2, 3, 6, 7]);
  }
});

forEachDevice("slice() throws when the range lies outside", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor([1, 2, 3]);
  assert.throws(() => slice(x, 0, { start: 2, end: 2 }), {
    name: "RangeError",
    message:
      "Cannot run slice as 0 <= start < end <= 3 must hold on axis 0: got start 2, end 2",
  });
  assert.throws(() => slice(x, 0, { end: 4 }), RangeError);
  assert.throws(() => slice(x, 0, { start: 0.5 }), RangeError);
  assert.throws(() => slice(x, -2), {
    message: "Cannot run slice as the axis must be in [-1, 1): got -2",
  });
  await Promise.resolve();
});
