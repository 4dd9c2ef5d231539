import assert from "node:assert/strict";
import { forEachDevice } from "./_test_devices.ts";
import { add } from "./ops/binary/binary.ts";
import { keep, scope } from "./scope.ts";
import { Tensor } from "./tensor.ts";

forEachDevice("scope() frees what does not leave it", async (device) => {
  const before = device.memory.tensors;
  const sum = scope(() => {
    const a = Tensor.from(device, [1, 2]);
    return add(a, a);
  });
  assert.equal(device.memory.tensors, before + 1);
  assert.deepEqual([...await sum.data()], [2, 4]);
  sum.dispose();
});

forEachDevice(
  "scope() keeps what is returned in arrays, maps, sets and objects",
  async (device) => {
    class Pair {
      constructor(readonly left: Tensor, readonly right: Tensor) {}
    }
    const make = () => Tensor.from(device, [1]);
    const { list, map, set, pair } = scope(() => ({
      list: [make(), [make()]] as const,
      map: new Map([["a", make()]]),
      set: new Set([make()]),
      pair: new Pair(make(), make()),
    }));
    const all = [
      list[0],
      ...list[1],
      ...map.values(),
      ...set,
      pair.left,
      pair.right,
    ];
    assert.deepEqual(
      all.map((tensor) => tensor.disposed),
      Array(6).fill(false),
    );
    for (const tensor of all) tensor.dispose();
    await Promise.resolve();
  },
);

forEachDevice(
  "scope() passes its result to the enclosing scope",
  async (device) => {
    const before = device.memory.tensors;
    scope(() => {
      const inner = scope(() => Tensor.from(device, [1]));
      assert.equal(inner.disposed, false);
    });
    assert.equal(device.memory.tensors, before);
    await Promise.resolve();
  },
);

forEachDevice(
  "scope() frees everything when the body throws",
  async (device) => {
    const before = device.memory.tensors;
    const error = new Error("Cannot go on");
    assert.throws(() =>
      scope(() => {
        Tensor.from(device, [1]);
        throw error;
      }), error);
    assert.equal(device.memory.tensors, before);
    scope(() => Tensor.from(device, [1])).dispose(); // scopes still nest
    await Promise.resolve();
  },
);

forEachDevice(
  "scope() frees a tensor that was disposed by hand once",
  async (device) => {
    const before = device.memory.tensors;
    scope(() => {
      const x = Tensor.from(device, [1]);
      const y = x.reshape([1, 1]);
      x.dispose();
      assert.equal(y.disposed, false);
    });
    assert.equal(device.memory.tensors, before);
    await Promise.resolve();
  },
);

forEachDevice("scope() refuses an asynchronous body", async (device) => {
  const before = device.memory.tensors;
  assert.throws(() => scope(() => Tensor.from(device, [1]).data()), {
    name: "TypeError",
    message:
      "Cannot free tensors as the body of a scope must not be asynchronous: got a promise",
  });
  assert.equal(device.memory.tensors, before);
  await Promise.resolve();
});

forEachDevice("keep() takes a tensor out of all scopes", async (device) => {
  let kept: Tensor | undefined;
  scope(() => {
    scope(() => {
      kept = keep(Tensor.from(device, [1]));
    });
  });
  assert.equal(kept?.disposed, false);
  kept?.dispose();
  await Promise.resolve();
});
