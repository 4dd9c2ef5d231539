import { assertRelative, readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice } from "../../_test_devices.ts";
import { F32, Inputs } from "../../ops/_test_op.ts";
import { adamwStep } from "./adamw.ts";

forEachDevice("adamwStep() matches ten steps of PyTorch", async (device) => {
  using inputs = new Inputs(device);
  const { arrays, shapes } = readGolden("adamw/steps");
  const shape = shapes.param!;
  const n = arrays.param!.length;
  let state = {
    param: inputs.tensor(arrays.param!, shape),
    m: inputs.tensor(new Float32Array(n), shape),
    v: inputs.tensor(new Float32Array(n), shape),
  };
  for (let step = 1; step <= 10; step++) {
    const values = arrays.grads!.subarray((step - 1) * n, step * n);
    const grad = inputs.tensor(values, shape);
    const options = { lr: 3e-3, step, beta2: 0.99, weightDecay: 0.1 };
    state = adamwStep({ ...state, grad }, options);
    for (const name of ["param", "m", "v"] as const) {
      inputs.use(state[name]);
      const expected = arrays[`${name}.${step}`]!;
      assertRelative(await state[name].data(), expected, F32);
    }
  }
});

forEachDevice("adamwStep() throws on what does not fit", async (device) => {
  using inputs = new Inputs(device);
  const [param, grad, m, v] = [[1], [1], [0], [0]].map((x) => inputs.tensor(x));
  const state = { param: param!, grad: grad!, m: m!, v: v! };
  assert.throws(() => adamwStep(state, { lr: 1, step: 0 }), {
    name: "RangeError",
    message: "Cannot run adamwStep as the step must be an integer >= 1: got 0",
  });
  assert.throws(() => adamwStep(state, { lr: 1, step: 1, beta2: 1 }), {
    name: "RangeError",
    message: "Cannot run adamwStep as beta2 must be in [0, 1): got 1",
  });
  const other = inputs.tensor([1, 2]);
  assert.throws(
    () => adamwStep({ ...state, grad: other }, { lr: 1, step: 1 }),
    {
      name: "ShapeError",
      message:
        "Cannot run adamwStep as all shapes must be equal: got param [1], grad [2], m [1], v [1]",
    },
  );
  await Promise.resolve();
});
