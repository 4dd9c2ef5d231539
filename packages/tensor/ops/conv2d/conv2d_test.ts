import { assertRelative, randomArray } from "@edit-transfer/testing";
import { bf16ToF32, f32ToBf16 } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import * as reference from "../_reference.ts";
import { F32, Inputs } from "../_test_op.ts";
import { conv2d } from "./conv2d.ts";

type Sides = [top: number, bottom: number, left: number, right: number];

for (
  const { x: xShape, weight: weightShape, stride, padding } of [
    { x: [1, 1, 1, 1], weight: [1, 1, 1, 1], stride: 1, padding: [0, 0, 0, 0] },
    {
      x: [2, 7, 9, 5],
      weight: [11, 3, 3, 5],
      stride: 1,
      padding: [1, 1, 1, 1],
    },
    { x: [2, 8, 6, 3], weight: [4, 3, 3, 3], stride: 2, padding: [0, 1, 0, 1] },
    { x: [1, 5, 4, 6], weight: [9, 1, 1, 6], stride: 1, padding: [0, 0, 0, 0] },
    { x: [1, 5, 4, 6], weight: [9, 1, 1, 6], stride: 2, padding: [0, 0, 0, 0] },
    { x: [1, 5, 4, 2], weight: [3, 4, 2, 2], stride: 3, padding: [2, 0, 3, 1] },
    { x: [1, 2, 2, 3], weight: [2, 3, 3, 3], stride: 1, padding: [4, 4, 4, 4] },
    {
      x: [1, 8, 8, 256],
      weight: [16, 3, 3, 256],
      stride: 1,
      padding: [1, 1, 1, 1],
    },
  ] as { x: number[]; weight: number[]; stride: number; padding: Sides }[]
) {
  const [top, bottom, left, right] = padding;
  forEachDevice(
    `conv2d() matches float64, x ${xShape} weight ${weightShape} stride ${stride} padding ${padding}`,
    async (device) => {
      using inputs = new Inputs(device);
      const size = (shape: number[]) => shape.reduce((a, b) => a * b);
      const x = randomArray(1, size(xShape));
      const weight = randomArray(2, size(weightShape));
      const bias = randomArray(3, weightShape[0]!);
      const y = conv2d(
        inputs.tensor(x, xShape),
        inputs.tensor(weight, weightShape),
        {
          bias: inputs.tensor(bias),
          stride,
          padding: { top, bottom, left, right },
        },
      );
      const expected = reference.conv2d(
        { x, weight, bias },
        { xShape, weightShape, stride, padding },
      );
      assertRelative(await read(y), expected, F32);
    },
  );
}

forEachDevice("conv2d() pads all sides alike by a number", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor([1, 2, 3, 4], [1, 2, 2, 1]);
  const ones = inputs.tensor(new Float32Array(9).fill(1), [1, 3, 3, 1]);
  const y = conv2d(x, ones, { padding: 1 });
  assert.deepEqual(y.shape, [1, 2, 2, 1]);
  assert.deepEqual([...await read(y)], [10, 10, 10, 10]);
});

forEachDevice("conv2d() reads a bf16 weight", async (device) => {
  using inputs = new Inputs(device);
  const x = randomArray(1, 5 * 5 * 3);
  const bits = f32ToBf16(randomArray(2, 4 * 3 * 3 * 3));
  const y = conv2d(
    inputs.tensor(x, [1, 5, 5, 3]),
    inputs.tensor(bits, [4, 3, 3, 3], "bf16"),
  );
  const expected = reference.conv2d({ x, weight: bf16ToF32(bits) }, {
    xShape: [1, 5, 5, 3],
    weightShape: [4, 3, 3, 3],
    stride: 1,
    padding: [0, 0, 0, 0],
  });
  assertRelative(await read(y), expected, F32);
});

forEachDevice(
  "conv2d() throws when the operands do not fit",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor([1, 2, 3, 4], [1, 2, 2, 1]);
    const weight = inputs.tensor(new Float32Array(9), [1, 3, 3, 1]);
    assert.throws(() => conv2d(x, inputs.tensor([1, 2], [1, 1, 1, 2])), {
      name: "ShapeError",
      message:
        "Cannot run conv2d as weight must be [Cout, kh, kw, Cin] for x [B, h, w, Cin]: got x [1, 2, 2, 1], weight [1, 1, 1, 2]",
    });
    assert.throws(() => conv2d(x, weight), {
      message:
        "Cannot run conv2d as the padded image must be at least as large as the window: got x [1, 2, 2, 1], weight [1, 3, 3, 1], padding [0, 0, 0, 0]",
    });
    assert.throws(() => conv2d(x, weight, { padding: -1 }), {
      name: "RangeError",
      message: "Cannot run conv2d as padding must be integers >= 0: got -1",
    });
    assert.throws(() => conv2d(x, weight, { stride: 0 }), {
      message: "Cannot run conv2d as the stride must be an integer >= 1: got 0",
    });
    assert.throws(() => conv2d(x, weight, { bias: weight, padding: 1 }), {
      message:
        "Cannot run conv2d as bias must be [Cout]: got weight [1, 3, 3, 1], bias [1, 3, 3, 1]",
    });
    await Promise.resolve();
  },
);
