import fc from "fast-check";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import { Inputs, iota, list } from "../_test_op.ts";
import { split } from "../split/split.ts";
import { concat } from "./concat.ts";

forEachDevice("concat() joins along each axis", async (device) => {
  using inputs = new Inputs(device);
  const a = inputs.tensor([1, 2, 3, 4], [2, 2]);
  const b = inputs.tensor([5, 6], [1, 2]);
  const c = inputs.tensor([7, 8], [2, 1]);
  assert.deepEqual(list(await read(concat([a, b], 0))), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(list(await read(concat([c, a], -1))), [7, 1, 2, 8, 3, 4]);
  assert.deepEqual(list(await read(concat([a], 1))), [1, 2, 3, 4]);
});

forEachDevice("concat() joins indices", async (device) => {
  using inputs = new Inputs(device);
  const a = inputs.tensor([1, 2], [2], "i32");
  const y = concat([a, a], 0);
  assert.equal(y.dtype, "i32");
  assert.deepEqual(list(await read(y)), [1, 2, 1, 2]);
});

forEachDevice("concat() undoes split()", async (device) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 3, maxLength: 3 }),
      fc.integer({ min: 0, max: 2 }),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
      async (shape, axis, sizes) => {
        using inputs = new Inputs(device);
        const whole = shape.with(axis, sizes.reduce((a, b) => a + b));
        const values = iota(whole.reduce((a, b) => a * b));
        const parts = split(inputs.tensor(values, whole), axis, sizes);
        for (const part of parts) inputs.use(part);
        assert.deepEqual(
          list(await read(concat(parts, axis))),
          list(values),
        );
      },
    ),
    { numRuns: 20, seed: 1 },
  );
});

forEachDevice("concat() throws when parts do not fit", async (device) => {
  using inputs = new Inputs(device);
  const a = inputs.tensor([1, 2], [1, 2]);
  const b = inputs.tensor([1], [1, 1]);
  assert.throws(() => concat([a, b], 0), {
    name: "ShapeError",
    message:
      "Cannot run concat as parts must differ along axis 0 only: got parts[0] [1, 2], parts[1] [1, 1]",
  });
  assert.throws(() => concat([], 0), {
    name: "RangeError",
    message: "Cannot run concat as it needs a part: got 0 parts",
  });
  assert.throws(() => concat([a], 2), {
    name: "RangeError",
    message: "Cannot run concat as the axis must be in [-2, 2): got 2",
  });
  assert.throws(() => concat([a, inputs.tensor([1, 2], [1, 2], "i32")], 0), {
    name: "TypeError",
    message: "Cannot run concat as parts must be of one type: got f32 and i32",
  });
  await Promise.resolve();
});
