import { memoryWeights } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { forEachDevice } from "./_test_devices.ts";
import type { Device } from "./backend.ts";
import { BlockStore } from "./block_store.ts";
import type { Linear } from "./linear.ts";
import { ParameterReader } from "./parameter.ts";

const VALUES = [2, 3, 5];

/** Blocks of one layer each. */
async function open(device: Device, resident?: readonly boolean[]) {
  const one = (value: number) =>
    ({ dtype: "F32", shape: [1, 1], data: Float32Array.of(value) }) as const;
  const reads: string[] = [];
  const source = memoryWeights(Object.fromEntries(
    VALUES.map((value, i) => [`blocks.${i}.q.weight`, one(value)]),
  ));
  const blocks = await BlockStore.load<{ readonly q: Linear }>(
    new ParameterReader(device, {
      ...source,
      read(name) {
        reads.push(name);
        return source.read(name);
      },
    }),
    VALUES.map((_, i) => ({
      path: `blocks.${i}`,
      load: async (reader) => ({
        q: await reader.linear("q", 1, 1, { bias: false }),
      }),
    })),
    { model: "Toy", resident, linears: ({ q }) => ({ q }) },
  );
  return { blocks, reads };
}

forEachDevice(
  "BlockStore#pass() comes to all blocks in order, whatever stays",
  async (device) => {
    const before = device.memory.tensors;
    for (const resident of [undefined, [true, false, true], [false, false]]) {
      if (resident?.length === 2) {
        await assert.rejects(open(device, resident), {
          name: "RangeError",
          message:
            "Cannot load Toy as it must be said of each of its 3 blocks whether it stays: got 2",
        });
        continue;
      }
      const { blocks, reads } = await open(device, resident);
      assert.equal(reads.length, resident === undefined ? 3 : 2);
      assert.deepEqual(blocks.sizes, [4, 4, 4]);
      assert.equal(blocks.streamedBytes, resident === undefined ? 0 : 4);
      for (let turn = 0; turn < 2; turn++) {
        const found: number[] = [];
        await blocks.pass(device, async ({ q }, i) => {
          assert.equal(found.length, i);
          found.push(...await q.weight.data());
        });
        assert.deepEqual(found, VALUES);
      }
      assert.equal(reads.length, resident === undefined ? 3 : 4);
      blocks[Symbol.dispose]();
      assert.equal(device.memory.tensors, before);
    }
  },
);

forEachDevice(
  "BlockStore gives a block that is loaded the branches of its outline",
  async (device) => {
    const { blocks } = await open(device, [false, true, false]);
    using _ = blocks;
    const layers = blocks.linears();
    assert.deepEqual([...layers.keys()], VALUES.map((_, i) => `blocks.${i}.q`));
    assert.throws(() => blocks.at(0), {
      message:
        "Cannot run Toy at once as all blocks must be on the device: got blocks.0 on disk",
    });
    const { weight } = blocks.at(1).q;
    for (const { branches } of layers.values()) {
      branches.push({ A: weight, B: weight, scale: 1 });
    }
    let branches = 0;
    await blocks.pass(device, ({ q }) => {
      branches += q.branches.length;
    });
    assert.equal(branches, 3);
  },
);

forEachDevice(
  "BlockStore#pass() frees what does not stay when it is stopped, or fails",
  async (device) => {
    const { blocks } = await open(device, [false, true, false]);
    using _ = blocks;
    const { tensors } = device.memory;
    const stop = new AbortController();
    await assert.rejects(
      blocks.pass(device, () => stop.abort(), { signal: stop.signal }),
      { name: "AbortError" },
    );
    assert.equal(device.memory.tensors, tensors);
    const failing = blocks.pass(device, () => {
      throw new Error("Cannot go on");
    });
    await assert.rejects(failing, { message: "Cannot go on" });
    assert.equal(device.memory.tensors, tensors);
  },
);
