import {
  concat,
  type Device,
  ParameterReader,
  slice,
} from "@edit-transfer/tensor";
import { assertRelative, readGolden } from "@edit-transfer/testing";
import { memoryWeights, type TensorData } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { forEachDevice } from "../tensor/_test_devices.ts";
import { goldenCase } from "./_test_model.ts";
import { parseFluxConfig } from "./config.ts";
import { FluxTransformer } from "./flux_transformer.ts";

/** The goldens' model, in which some blocks add nothing: their gates are 0. */
async function model(
  device: Device,
  closed: readonly string[] = [],
): Promise<FluxTransformer> {
  const { arrays, shapes, metadata } = readGolden("dit/tiny");
  const weights = Object.entries(arrays).map(([name, values]) => {
    const isGate = closed.some((block) =>
      name.startsWith(`${block}.norm`) && name.includes(".linear.")
    );
    const data = isGate ? new Float32Array(values.length) : values;
    return [name, { dtype: "F32", shape: shapes[name]!, data } as TensorData];
  });
  const config = { ...JSON.parse(metadata.config!), guidance_embeds: true };
  return await FluxTransformer.load(
    new ParameterReader(device, memoryWeights(Object.fromEntries(weights))),
    parseFluxConfig(config, "tiny"),
  );
}

for (
  const [skip, closed] of [
    [[1], ["transformer_blocks.1"]],
    [[2], ["single_transformer_blocks.0"]],
    [[0, 1, 2, 3], [
      "transformer_blocks.0",
      "transformer_blocks.1",
      "single_transformer_blocks.0",
      "single_transformer_blocks.1",
    ]],
  ] as const
) {
  forEachDevice(
    `tokens pass by blocks ${skip} as if they added nothing`,
    async (device) => {
      const { inputs } = goldenCase(device, "guidance");
      using _ = inputs;
      using whole = await model(device);
      using without = await model(device, closed);
      using expected = await without.velocity(inputs);
      for (
        const passed of [
          await whole.velocity({ ...inputs, skip }),
          whole.forward({ ...inputs, skip }),
        ]
      ) {
        using velocity = passed;
        assertRelative(await velocity.data(), await expected.data(), 1e-6);
      }
    },
  );
}

forEachDevice(
  "each picture of a batch has its own guidance",
  async (device) => {
    const { inputs } = goldenCase(device, "guidance");
    using made = new DisposableStack();
    made.use(inputs);
    using transformer = await model(device);
    const twice = (name: "img" | "txt" | "pooled") =>
      made.use(concat([inputs[name]!, inputs[name]!], 0));
    const pair = {
      ...inputs,
      img: twice("img"),
      txt: twice("txt"),
      pooled: twice("pooled"),
    };
    using both = await transformer.velocity({ ...pair, guidance: [1, 3.5] });
    for (const [i, guidance] of [1, 3.5].entries()) {
      using alone = await transformer.velocity({ ...inputs, guidance });
      using own = slice(both, 0, { start: i, end: i + 1 });
      assertRelative(await own.data(), await alone.data(), 1e-6);
    }
    await assert.rejects(
      transformer.velocity({ ...pair, guidance: [1, 2, 3] }),
      {
        message:
          "Cannot run FluxTransformer as there must be one guidance or 2: got 3",
      },
    );
  },
);
