import fc from "fast-check";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import { Inputs, iota, list } from "../_test_op.ts";
import { slice } from "../slice/slice.ts";
import { pad } from "./pad.ts";

forEachDevice("pad() surrounds x with the value", async (device) => {
  using inputs = new Inputs(device);
  const y = pad(inputs.tensor([1, 2], [1, 2]), [[1, 0], [0, 2]], { value: 7 });
  assert.deepEqual(y.shape, [2, 4]);
  assert.deepEqual(list(await read(y)), [7, 7, 7, 7, 1, 2, 7, 7]);
});

forEachDevice("slice() undoes pad()", async (device) => {
  const width = fc.integer({ min: 0, max: 3 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), width, width), {
        minLength: 1,
        maxLength: 4,
      }),
      async (axes) => {
        using inputs = new Inputs(device);
        const shape = axes.map(([extent]) => extent);
        const values = iota(shape.reduce((a, b) => a * b));
        let x = inputs.use(
          pad(inputs.tensor(values, shape), axes.map(([, a, b]) => [a, b])),
        );
        for (const [axis, [extent, start]] of axes.entries()) {
          x = inputs.use(slice(x, axis, { start, end: start + extent }));
        }
        assert.deepEqual(list(await x.data()), list(values));
      },
    ),
    { numRuns: 20, seed: 1 },
  );
});

forEachDevice("pad() throws when widths do not fit", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor([1, 2]);
  assert.throws(() => pad(x, []), {
    name: "ShapeError",
    message:
      "Cannot run pad as widths must have a pair for each axis of x: got x [2], widths [0]",
  });
  assert.throws(() => pad(x, [[0, -1]]), {
    name: "RangeError",
    message: "Cannot run pad as widths must be integers >= 0: got -1",
  });
  await Promise.resolve();
});
