import { ParameterReader, type Tensor } from "@edit-transfer/tensor";
import { ClipTextEncoder, parseClipTextConfig } from "@edit-transfer/text";
import { assertRelative, readGolden } from "@edit-transfer/testing";
import { memoryWeights, type WeightSource } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { forEachDevice } from "../tensor/_test_devices.ts";
import {
  goldenConfig,
  goldenIds,
  goldenWeights,
  widenedWeights,
} from "./_test_golden.ts";

/** f32 sums of up to 76 products, rounded in another order, through two layers. */
const LIMIT = 1e-5;

const CASES = ["clip_quick_gelu", "clip_eos_2_prefixed", "clip_gelu"];

for (const name of CASES) {
  forEachDevice(
    `ClipTextEncoder equals transformers at every stage: ${name}`,
    async (device) => {
      const golden = readGolden(`text/${name}`);
      const reader = new ParameterReader(device, goldenWeights(golden));
      const config = parseClipTextConfig(goldenConfig(golden), name);
      using model = await ClipTextEncoder.load(reader, config);
      assert.deepEqual(reader.unused(), []);

      const stages = new Map<string, Promise<ArrayLike<number>>>();
      const { pooled, hidden } = model.forward(goldenIds(golden), {
        onStage: (stage: string, x: Tensor) => stages.set(stage, x.data()),
      });
      using _pooled = pooled;
      using _hidden = hidden;
      assert.deepEqual([...stages.keys()], [
        "embeddings",
        "layers.0",
        "layers.1",
      ]);
      for (const [stage, values] of stages) {
        assertRelative(
          await values,
          golden.arrays[`stages.${stage}`]!,
          LIMIT,
        );
      }
      assertRelative(await hidden.data(), golden.arrays.hidden!, LIMIT);
      assertRelative(await pooled.data(), golden.arrays.pooled!, LIMIT);
      assert.deepEqual(hidden.shape, golden.shapes.hidden);
      assert.deepEqual(pooled.shape, golden.shapes.pooled);
    },
  );
}

forEachDevice(
  "ClipTextEncoder does not let a token see what follows it",
  async (device) => {
    const golden = readGolden("text/clip_gelu");
    const reader = new ParameterReader(device, goldenWeights(golden));
    const config = parseClipTextConfig(goldenConfig(golden), "golden");
    using model = await ClipTextEncoder.load(reader, config);
    const run = async (ids: number[]) => {
      const { pooled, hidden } = model.forward([ids]);
      using _pooled = pooled;
      using _hidden = hidden;
      return [...(await hidden.data()).subarray(0, 3 * config.hiddenSize)];
    };
    assert.deepEqual(await run([5, 6, 7, 8]), await run([5, 6, 7, 90]));
  },
);

forEachDevice(
  "ClipTextEncoder refuses ids it has no rows for",
  async (device) => {
    const golden = readGolden("text/clip_gelu");
    const reader = new ParameterReader(device, goldenWeights(golden));
    const config = parseClipTextConfig(goldenConfig(golden), "golden");
    using model = await ClipTextEncoder.load(reader, config);
    assert.throws(() => model.forward([]), {
      message:
        "Cannot run the CLIP text encoder as texts must have the same number of tokens >= 1: got no text",
    });
    assert.throws(() => model.forward([[1, 2], [1]]), /got 2, 1/);
    assert.throws(
      () => model.forward([Array(24).fill(1)]),
      /as it has 23 positions: got 24 tokens/,
    );
    assert.throws(
      () => model.forward([[97]]),
      /below its vocabulary of 97: got 97/,
    );
  },
);

forEachDevice(
  "ClipTextEncoder.load() frees what it loaded when a weight is missing",
  async (device) => {
    const golden = readGolden("text/clip_gelu");
    const { arrays, shapes } = golden;
    const config = parseClipTextConfig(goldenConfig(golden), "golden");
    const name = "embeddings.token_embedding.weight";
    const source = memoryWeights({
      [name]: {
        dtype: "F32",
        shape: shapes[`weights.${name}`]!,
        data: arrays[`weights.${name}`]!,
      },
    });
    await assert.rejects(
      ClipTextEncoder.load(new ParameterReader(device, source), config),
      /Cannot find weight "embeddings.position_embedding.weight" .*: nearest is "embeddings.token_embedding.weight"/,
    );
  },
);

forEachDevice(
  "ClipTextEncoder reads f16 and bf16 weights as their widened values",
  async (device) => {
    const golden = readGolden("text/clip_quick_gelu");
    const config = parseClipTextConfig(goldenConfig(golden), "golden");
    const ids = goldenIds(golden);
    for (const dtype of ["F16", "BF16"] as const) {
      const stored = goldenWeights(golden, dtype);
      const run = async (source: WeightSource) => {
        const reader = new ParameterReader(device, source);
        using model = await ClipTextEncoder.load(reader, config);
        const { pooled, hidden } = model.forward(ids);
        using _pooled = pooled;
        using _hidden = hidden;
        return await hidden.data();
      };
      const expected = await run(await widenedWeights(stored));
      assertRelative(await run(stored), expected, LIMIT);
    }
  },
);
