import { randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../_test_devices.ts";
import { linear } from "../gemm/linear.ts";
import { Inputs, list } from "../ops/_test_op.ts";
import { add, maximum, mul } from "../ops/binary/binary.ts";
import { sum } from "../ops/sum/sum.ts";
import { exp, silu, square } from "../ops/unary/unary.ts";
import { keep, scope } from "../scope.ts";
import type { Tensor } from "../tensor.ts";
import { valueAndGrad } from "./value_and_grad.ts";

/** Values of the gradients, which are freed. */
async function readAll(
  { value, grads }: { value: Tensor; grads: Tensor[] },
): Promise<number[][]> {
  const lists = [list(await read(value))];
  for (const grad of grads) lists.push(list(await read(grad)));
  return lists;
}

forEachDevice("valueAndGrad() adds up what arrives", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor([1, 2, 3]);
  const unused = inputs.tensor([5, 5], [2, 1]);
  const result = valueAndGrad(
    () => sum(add(mul(x, x), add(x, x))),
    [x, unused, x],
  );
  assert.deepEqual(result.grads.map(({ shape }) => shape), [[3], [2, 1], [3]]);
  assert.deepEqual(await readAll(result), [[26], [4, 6, 8], [0, 0], [4, 6, 8]]);
});

forEachDevice(
  "valueAndGrad() outlives what the function frees",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor([1, 2]);
    const result = scope(() =>
      valueAndGrad(() =>
        scope(() => {
          using y = square(x);
          const z = scope(() => mul(y, y));
          const w = keep(sum(z));
          return w;
        }), [x])
    );
    assert.deepEqual(await readAll(result), [[17], [4, 32]]);
  },
);

forEachDevice("valueAndGrad() of a constant is 0", async (device) => {
  using inputs = new Inputs(device);
  const [x, y] = [inputs.tensor([1]), inputs.tensor([3])];
  const result = valueAndGrad(() => square(y), [x]);
  assert.deepEqual(await readAll(result), [[9], [0]]);
});

forEachDevice(
  "maximum() shares the gradient of equal values",
  async (device) => {
    using inputs = new Inputs(device);
    const [x, y] = [inputs.tensor([1, 2, 3]), inputs.tensor([1, 3, 2])];
    const result = valueAndGrad(() => sum(maximum(x, y)), [x, y]);
    assert.deepEqual(await readAll(result), [[7], [0.5, 0, 1], [0.5, 1, 0]]);
  },
);

forEachDevice(
  "valueAndGrad() gives the same bytes each time",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor(randomArray(1, 60_000), [300, 200]);
    const w = inputs.tensor(randomArray(2, 200 * 150), [150, 200]);
    const b = inputs.tensor(randomArray(3, 150));
    const run = () =>
      valueAndGrad(() => scope(() => sum(silu(linear(x, w, b)))), [x, w, b]);
    assert.deepEqual(await readAll(run()), await readAll(run()));
  },
);

forEachDevice("valueAndGrad() keeps only what rules read", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor(randomArray(1, 1000), [10, 100]);
  const frozen = inputs.tensor(randomArray(2, 10_000), [100, 100]);
  const before = device.memory.tensors;
  let inside = 0;
  const { value, grads } = valueAndGrad(
    () =>
      scope(() => {
        let y = x;
        for (let i = 0; i < 5; i++) y = scope(() => linear(y, frozen));
        inside = device.memory.tensors - before;
        return sum(y);
      }),
    [x],
  );
  assert.equal(inside, 5); // of this scope: linear saves nothing but weights
  value.dispose();
  grads[0]!.dispose();
  await Promise.resolve();
});

forEachDevice(
  "valueAndGrad() frees everything when it throws",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor([1, 2]);
    const before = device.memory.tensors;
    assert.throws(() => valueAndGrad(() => exp(x), [x]), {
      name: "RangeError",
      message:
        "Cannot differentiate as the function must return one element: got [2]",
    });
    assert.throws(
      () =>
        valueAndGrad(() => {
          exp(exp(x));
          throw new Error("Cannot go on");
        }, [x]),
      { message: "Cannot go on" },
    );
    assert.equal(device.memory.tensors, before);
    // nothing is recorded any more
    using y = exp(x);
    assert.equal(device.memory.tensors, before + 1);
    const half = inputs.tensor([1], [1], "bf16");
    assert.throws(() => valueAndGrad(() => sum(x), [half]), {
      name: "TypeError",
      message: "Cannot differentiate by tensor [1] as it must be f32: got bf16",
    });
    await y.data();
  },
);
