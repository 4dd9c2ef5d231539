import { ParameterReader, type Tensor } from "@edit-transfer/tensor";
import { parseT5Config, T5Encoder } from "@edit-transfer/text";
import { assertRelative, readGolden } from "@edit-transfer/testing";
import type { WeightSource } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { forEachDevice } from "../tensor/_test_devices.ts";
import {
  goldenConfig,
  goldenIds,
  goldenWeights,
  widenedWeights,
} from "./_test_golden.ts";

/** f32 sums of up to 150 products, rounded in another order, through two blocks. */
const LIMIT = 1e-5;

for (
  const [name, streamed] of [
    ["t5_long", false],
    ["t5_batch", false],
    ["t5_batch", true],
  ] as const
) {
  forEachDevice(
    `T5Encoder${
      streamed ? ", streamed," : ""
    } equals transformers at every stage: ${name}`,
    async (device) => {
      const golden = readGolden(`text/${name}`);
      const reader = new ParameterReader(device, goldenWeights(golden));
      const config = parseT5Config(goldenConfig(golden), name);
      using model = await T5Encoder.load(reader, config, { streamed });
      assert.deepEqual(reader.unused(), []);

      const stages = new Map<string, Promise<ArrayLike<number>>>();
      using hidden = await model.forward(goldenIds(golden), {
        onStage: (stage: string, x: Tensor) => stages.set(stage, x.data()),
      });
      assert.deepEqual([...stages.keys()], [
        "embeddings",
        "block.0",
        "block.1",
      ]);
      for (const [stage, values] of stages) {
        assertRelative(
          await values,
          golden.arrays[`stages.${stage}`]!,
          LIMIT,
        );
      }
      assertRelative(await hidden.data(), golden.arrays.hidden!, LIMIT);
      assert.deepEqual(hidden.shape, golden.shapes.hidden);
    },
  );
}

forEachDevice("T5Encoder refuses ids it has no rows for", async (device) => {
  const golden = readGolden("text/t5_batch");
  const reader = new ParameterReader(device, goldenWeights(golden));
  const config = parseT5Config(goldenConfig(golden), "golden");
  using model = await T5Encoder.load(reader, config);
  await assert.rejects(model.forward([[0, 89]]), {
    name: "RangeError",
    message:
      "Cannot run the T5 encoder as ids must be integers below its vocabulary of 89: got 89",
  });
});

forEachDevice(
  "T5Encoder reads f16 and bf16 weights as their widened values",
  async (device) => {
    const golden = readGolden("text/t5_batch");
    const config = parseT5Config(goldenConfig(golden), "golden");
    const ids = goldenIds(golden);
    for (const dtype of ["F16", "BF16"] as const) {
      const stored = goldenWeights(golden, dtype);
      const run = async (source: WeightSource) => {
        const reader = new ParameterReader(device, source);
        using model = await T5Encoder.load(reader, config);
        using hidden = await model.forward(ids);
        return await hidden.data();
      };
      const expected = await run(await widenedWeights(stored));
      assertRelative(await run(stored), expected, LIMIT);
    }
  },
);

forEachDevice(
  "T5Encoder stays finite where f16 would overflow",
  async (device) => {
    const golden = readGolden("text/t5_batch");
    const config = parseT5Config(goldenConfig(golden), "golden");
    const name = "weights.encoder.block.0.layer.1.DenseReluDense.wi_1.weight";
    const large = golden.arrays[name]!.map((value) => 1e6 * value);
    const source = goldenWeights({
      ...golden,
      arrays: { ...golden.arrays, [name]: large },
    });
    using model = await T5Encoder.load(
      new ParameterReader(device, source),
      config,
    );
    let largest = 0;
    const stages: Promise<void>[] = [];
    using hidden = await model.forward(goldenIds(golden), {
      onStage: (_, x: Tensor) => {
        stages.push(
          x.data().then((values) => {
            for (const v of values) largest = Math.max(largest, Math.abs(v));
          }),
        );
      },
    });
    await Promise.all(stages);
    assert.ok(largest > 65504, `${largest}`);
    assert.ok((await hidden.data()).every(Number.isFinite));
  },
);

forEachDevice(
  "T5Encoder, streamed, has one block on the device at a time",
  async (device) => {
    const golden = readGolden("text/t5_batch");
    const config = parseT5Config(goldenConfig(golden), "golden");
    const ids = goldenIds(golden);
    const reader = () => new ParameterReader(device, goldenWeights(golden));
    const before = device.memory.tensors;
    using whole = await T5Encoder.load(reader(), config);
    const resident = device.memory.tensors - before;
    using streamed = await T5Encoder.load(reader(), config, { streamed: true });
    // table, position bias and final norm stay
    assert.equal(device.memory.tensors - before - resident, 3);
    using expected = await whole.forward(ids);
    for (let turn = 0; turn < 2; turn++) {
      using hidden = await streamed.forward(ids);
      assert.deepEqual(await hidden.data(), await expected.data());
    }
    assert.equal(device.memory.tensors - before, resident + 3 + 1);
  },
);

forEachDevice(
  "T5Encoder, streamed, frees all when a block cannot be read",
  async (device) => {
    const golden = readGolden("text/t5_batch");
    const config = parseT5Config(goldenConfig(golden), "golden");
    const source = goldenWeights(golden);
    let broken = true;
    const flaky: WeightSource = {
      ...source,
      read(name) {
        if (broken && name.includes("block.1.layer.1.DenseReluDense.wo")) {
          return Promise.reject(new Error("Cannot read as the disk is gone"));
        }
        return source.read(name);
      },
    };
    using model = await T5Encoder.load(
      new ParameterReader(device, flaky),
      config,
      { streamed: true },
    );
    const { tensors } = device.memory;
    await assert.rejects(model.forward(goldenIds(golden)), {
      message: "Cannot read as the disk is gone",
    });
    assert.equal(device.memory.tensors, tensors);
    broken = false;
    using hidden = await model.forward(goldenIds(golden));
    assertRelative(await hidden.data(), golden.arrays.hidden!, LIMIT);
  },
);
