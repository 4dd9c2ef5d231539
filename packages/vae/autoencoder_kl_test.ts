import { type Device, ParameterReader, Tensor } from "@edit-transfer/tensor";
import { assertRelative, readGolden } from "@edit-transfer/testing";
import { memoryWeights } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { forEachDevice } from "../tensor/_test_devices.ts";
import { goldenCase, microModel, tinyModel } from "./_test_model.ts";
import { AutoencoderKl } from "./autoencoder_kl.ts";
import { parseVaeConfig } from "./config.ts";

// f32 rounds to 6e-8; sums of up to 600 terms through some 20 layers stay
// within 1e-5 of the reference.
const LIMIT = 1e-5;

/** Compares each stage of a golden case, encoding and decoding. */
async function compareStages(
  device: Device,
  { model, name }: { model: AutoencoderKl; name: string },
): Promise<void> {
  using golden = goldenCase(device, name);
  const { pixels, latents, arrays } = golden;
  const actual = new Map<string, ReturnType<Tensor["data"]>>();
  const record = (half: string) => ({
    onStage: (stage: string, tensor: Tensor) =>
      void actual.set(`${half}.${stage}`, tensor.data()),
  });
  using mode = model.encode(pixels, record("encoder"));
  using image = model.decode(latents, record("decoder"));

  const stages = Object.keys(arrays).filter((key) => key.includes("coder."));
  assert.deepEqual([...actual.keys()].sort(), stages.sort());
  const stageValues = await Promise.all(actual.values());
  for (const [i, stage] of [...actual.keys()].entries()) {
    try {
      assertRelative(stageValues[i]!, arrays[stage]!, LIMIT);
    } catch (cause) {
      throw new Error(`Stage ${stage} of ${name} is off`, { cause });
    }
  }
  assertRelative(await mode.data(), arrays.mode!, LIMIT);
  assertRelative(await image.data(), arrays.image!, LIMIT);
}

forEachDevice(
  "AutoencoderKl matches diffusers with 1x1 convolutions",
  async (device) => {
    using model = await tinyModel(device, { quant: true });
    await compareStages(device, { model, name: "quant" });
  },
);

forEachDevice(
  "AutoencoderKl matches diffusers on a batch of large and small values",
  async (device) => {
    using model = await tinyModel(device, { quant: false });
    await compareStages(device, { model, name: "plain" });
  },
);

forEachDevice(
  "AutoencoderKl matches diffusers on the embedded model",
  async (device) => {
    using model = await microModel(device);
    await compareStages(device, { model, name: "micro" });
  },
);

forEachDevice(
  "AutoencoderKl.load() uses every parameter, under old names too",
  async (device) => {
    const { arrays, shapes, metadata } = readGolden("vae/tiny");
    const old = (name: string) =>
      name.replace("to_q", "query").replace("to_k", "key")
        .replace("to_v", "value").replace("to_out.0", "proj_attn");
    const record = Object.fromEntries(
      Object.entries(arrays).map(([name, data]) => [
        old(name),
        { dtype: "F32" as const, shape: shapes[name]!, data },
      ]),
    );
    const reader = new ParameterReader(device, memoryWeights(record));
    const config = JSON.parse(metadata.config!);
    using model = await AutoencoderKl.load(
      reader,
      parseVaeConfig(config, "tiny"),
    );
    assert.deepEqual(reader.unused(), []);
    await compareStages(device, { model, name: "quant" });
  },
);

forEachDevice(
  "AutoencoderKl#encode() refuses what does not fit",
  async (device) => {
    using model = await tinyModel(device, { quant: true });
    using odd = new Tensor(device, [1, 8, 10, 3]);
    assert.throws(() => model.encode(odd), {
      name: "ShapeError",
      message:
        "Cannot run AutoencoderKl as pixels must be [B, H, W, 3] with H and W multiples of 4: " +
        "got pixels [1, 8, 10, 3]",
    });
    assert.throws(() => model.decode(odd), {
      name: "ShapeError",
      message:
        "Cannot run AutoencoderKl as latents must be [B, h, w, 5]: got latents [1, 8, 10, 3]",
    });
  },
);
