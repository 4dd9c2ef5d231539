import { assertRelative, randomArray } from "@edit-transfer/testing";
import fc from "fast-check";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import { indices, position } from "../_reference.ts";
import { Inputs, list } from "../_test_op.ts";
import { add, div, maximum, minimum, mul, sub } from "./binary.ts";

const OPERATIONS = [
  ["add", add, (a: number, b: number) => a + b],
  ["sub", sub, (a: number, b: number) => a - b],
  ["mul", mul, (a: number, b: number) => a * b],
  ["div", div, (a: number, b: number) => a / b],
  ["maximum", maximum, Math.max],
  ["minimum", minimum, Math.min],
] as const;

const SHAPES: [a: number[], b: number[], y: number[]][] = [
  [[], [], []],
  [[1], [1], [1]],
  [[3, 5], [3, 5], [3, 5]],
  [[3, 5], [5], [3, 5]],
  [[3, 1], [1, 5], [3, 5]],
  [[2, 3, 4], [], [2, 3, 4]],
  [[2, 1, 4], [3, 1], [2, 3, 4]],
  [[1, 7, 1, 9], [5, 1, 3, 9], [5, 7, 3, 9]],
  [[2, 300, 33], [2, 1, 33], [2, 300, 33]],
];

for (const [name, operation, f] of OPERATIONS) {
  forEachDevice(`${name}() broadcasts like float64 loops`, async (device) => {
    for (const [aShape, bShape, shape] of SHAPES) {
      using inputs = new Inputs(device);
      const extent = (s: number[]) => s.reduce((n, e) => n * e, 1);
      const a = randomArray(1, extent(aShape), 300);
      // away from 0, for the quotient
      const b = randomArray(2, extent(bShape)).map((v) =>
        v + Math.sign(v) * 0.1
      );
      const y = operation(inputs.tensor(a, aShape), inputs.tensor(b, bShape));
      assert.deepEqual(y.shape, shape);
      const expected = [...indices(shape)].map((index) =>
        f(a[position(index, aShape)]!, b[position(index, bShape)]!)
      );
      // one rounding; WGSL allows 2.5 units in the last place to a quotient
      assertRelative(await read(y), expected, 2.5 * 2 ** -23);
    }
  });
}

forEachDevice("add() commutes and sub() undoes it", async (device) => {
  const value = fc.integer({ min: -1000, max: 1000 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 70 }),
      async (pairs) => {
        using inputs = new Inputs(device);
        const a = inputs.tensor(pairs.map(([a]) => a));
        const b = inputs.tensor(pairs.map(([, b]) => b));
        const sum = inputs.use(add(a, b));
        assert.deepEqual(list(await read(add(b, a))), list(await sum.data()));
        assert.deepEqual(
          list(await read(sub(sum, b))),
          pairs.map(([a]) => a),
        );
      },
    ),
    { numRuns: 15, seed: 1 },
  );
});

forEachDevice(
  "add() throws when shapes cannot be broadcast",
  async (device) => {
    using inputs = new Inputs(device);
    const a = inputs.tensor([1, 2, 3]);
    const b = inputs.tensor([1, 2]);
    assert.throws(() => add(a, b), {
      name: "ShapeError",
      message: "Cannot run add as extents must be equal or 1: got a [3], b [2]",
    });
    assert.throws(() => maximum(a, b), {
      message:
        "Cannot run maximum as extents must be equal or 1: got a [3], b [2]",
    });
    assert.throws(() => add(a, inputs.tensor([1], [1], "i32")), {
      name: "TypeError",
      message: "Cannot run add as b must be f32: got i32",
    });
    await Promise.resolve();
  },
);
