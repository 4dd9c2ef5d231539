import { ParameterReader, type Tensor } from "@edit-transfer/tensor";
import { parseT5Config, T5Encoder } from "@edit-transfer/text";
import { assertRelative, readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice } from "../tensor/_test_devices.ts";
import { goldenConfig, goldenIds, goldenWeights } from "./_test_golden.ts";

/** f32 sums of up to 150 products, rounded in another order, through two blocks. */
const LIMIT = 1e-5;

for (const name of ["t5_long", "t5_batch"]) {
  forEachDevice(
    `T5Encoder equals transformers at every stage: ${name}`,
    async (device) => {
      const golden = readGolden(`text/${name}`);
      const reader = new ParameterReader(device, goldenWeights(golden));
      const config = parseT5Config(goldenConfig(golden), name);
      using model = await T5Encoder.load(reader, config);
      assert.deepEqual(reader.unused(), []);

      const stages = new Map<string, Promise<ArrayLike<number>>>();
      using hidden = model.forward(goldenIds(golden), {
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
  assert.throws(() => model.forward([[0, 89]]), {
    name: "RangeError",
    message:
      "Cannot run the T5 encoder as ids must be integers below its vocabulary of 89: got 89",
  });
});
