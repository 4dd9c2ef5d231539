import { ParameterReader, Tensor } from "@edit-transfer/tensor";
import { assertRelative, readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice } from "../tensor/_test_devices.ts";
import { channelsLast, goldenFolder } from "./_test_golden.ts";
import { openClipFolder } from "./clip_folder.ts";
import { ClipVisionEncoder } from "./vision_encoder.ts";

/** f32 sums of up to 216 products, rounded in another order, through two layers. */
const LIMIT = 1e-5;

for (const name of ["vit_l", "vit_h"]) {
  forEachDevice(
    `ClipVisionEncoder equals transformers at every stage: ${name}`,
    async (device) => {
      const { arrays, shapes } = readGolden(`clip/${name}`);
      await using folder = await openClipFolder(goldenFolder(name));
      const { vision } = folder.config;
      const reader = new ParameterReader(device, folder.weights);
      using model = await ClipVisionEncoder.load(
        reader.at("vision_model"),
        vision,
      );
      const values = channelsLast(arrays.pixels!, shapes.pixels!.slice(1));
      using pixels = Tensor.from(device, values, { shape: [1, 20, 20, 3] });
      const stages = new Map<string, Promise<ArrayLike<number>>>();
      const { pooled, hidden } = model.forward(pixels, {
        onStage: (stage, x) => stages.set(stage, x.data()),
      });
      using _pooled = pooled;
      using _hidden = hidden;
      assert.deepEqual(pooled.shape, [1, vision.hiddenSize]);
      assert.deepEqual(hidden.shape, [1, 10, vision.hiddenSize]);
      assert.deepEqual(
        [...stages.keys()],
        ["embeddings", "layers.0", "layers.1"],
      );
      for (const [stage, values] of stages) {
        assertRelative(await values, arrays[`stages.${stage}`]!, LIMIT);
      }
    },
  );
}

forEachDevice(
  "ClipVisionEncoder gives each picture of a batch what it gives it alone",
  async (device) => {
    const { arrays, shapes } = readGolden("clip/vit_h");
    await using folder = await openClipFolder(goldenFolder("vit_h"));
    const reader = new ParameterReader(device, folder.weights);
    using model = await ClipVisionEncoder.load(
      reader.at("vision_model"),
      folder.config.vision,
    );
    const one = channelsLast(arrays.pixels!, shapes.pixels!.slice(1));
    const other = one.map((value) => -value);
    const run = async (...pictures: Float32Array<ArrayBuffer>[]) => {
      const values = Float32Array.from(pictures.flatMap((p) => [...p]));
      using pixels = Tensor.from(device, values, {
        shape: [pictures.length, 20, 20, 3],
      });
      const { pooled, hidden } = model.forward(pixels);
      using _pooled = pooled;
      using _hidden = hidden;
      return [...await pooled.data()];
    };
    assertRelative(
      await run(one, other),
      [...await run(one), ...await run(other)],
      1e-6,
    );
    using small = Tensor.from(device, one.subarray(0, 27), {
      shape: [1, 3, 3, 3],
    });
    assert.throws(
      () => model.forward(small),
      /pixels must be \[B, 20, 20, 3\].*\[1, 3, 3, 3\]/,
    );
  },
);
