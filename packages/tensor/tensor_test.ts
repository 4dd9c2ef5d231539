import assert from "node:assert/strict";
import { forEachDevice } from "./_test_devices.ts";
import { Inputs } from "./ops/_test_op.ts";
import { Tensor } from "./tensor.ts";

forEachDevice("Tensor.from() keeps values, shape and type", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor([1, 2.5, -3, 4, 5, 6], [2, 3]);
  assert.deepEqual(x.shape, [2, 3]);
  assert.equal(x.dtype, "f32");
  assert.equal(x.size, 6);
  assert.equal(x.sizeBytes, 24);
  assert.deepEqual(await x.data(), Float32Array.of(1, 2.5, -3, 4, 5, 6));

  const indices = inputs.tensor([-1, 2, 3], [3], "i32");
  assert.deepEqual(await indices.data(), Int32Array.of(-1, 2, 3));
  const bits = inputs.tensor([1, 2, 0xffff], [3], "bf16");
  assert.deepEqual(await bits.data(), Uint16Array.of(1, 2, 0xffff));
  const scalar = inputs.tensor([7], []);
  assert.deepEqual(await scalar.data(), Float32Array.of(7));
});

forEachDevice("Tensor.data() is a copy", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor([1]);
  const values = await x.data();
  values[0] = 9;
  assert.deepEqual(await x.data(), Float32Array.of(1));
});

forEachDevice(
  "Tensor.from() throws when the values do not fit the shape",
  async (device) => {
    assert.throws(() => Tensor.from(device, [1, 2], { shape: [3] }), {
      name: "RangeError",
      message: "Cannot create tensor as [3] has 3 elements: got 2 values",
    });
    assert.throws(() => Tensor.from(device, [], { shape: [0] }), {
      name: "RangeError",
      message: "Cannot create tensor as extents must be integers >= 1: got [0]",
    });
    assert.throws(() => new Tensor(device, [1.5]), RangeError);
    await Promise.resolve();
  },
);

forEachDevice(
  "Tensor.reshape() shares the memory until both are disposed",
  async (device) => {
    const before = device.memory.tensors;
    const x = Tensor.from(device, [1, 2, 3, 4, 5, 6], { shape: [2, 3] });
    const y = x.reshape([3, -1]);
    assert.deepEqual(y.shape, [3, 2]);
    assert.equal(device.memory.tensors, before + 1);
    x.dispose();
    x.dispose(); // a second time does nothing
    assert.deepEqual([...await y.data()], [1, 2, 3, 4, 5, 6]);
    y.dispose();
    assert.equal(device.memory.tensors, before);
  },
);

forEachDevice(
  "Tensor.reshape() throws when the number of elements differs",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor([1, 2, 3, 4, 5], [5]);
    const message = (shape: string) => ({
      name: "RangeError",
      message:
        `Cannot reshape [5] to [${shape}] as the number of elements differs: got 5`,
    });
    assert.throws(() => x.reshape([2, 2]), message("2, 2"));
    assert.throws(() => x.reshape([2, -1]), message("2, -1"));
    assert.throws(() => x.reshape([0, -1]), message("0, -1"));
    await Promise.resolve();
  },
);

forEachDevice(
  "Tensor throws when it is used after its disposal",
  async (device) => {
    const x = Tensor.from(device, [1, 2]);
    x.dispose();
    assert.equal(x.disposed, true);
    assert.throws(() => x.data(), {
      name: "Error",
      message: "Cannot use tensor [2] as it was disposed",
    });
    await Promise.resolve();
  },
);
