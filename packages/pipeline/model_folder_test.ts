import {
  loadPipeline,
  openModelFolder,
  prepareEdit,
} from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import { widen } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  editJson,
  editWeights,
  WEIGHTS,
  withCopy,
} from "./_test_model_copy.ts";

const OPEN_FAULTS: [
  string,
  (folder: string) => Promise<unknown>,
  RegExp,
][] = [
  [
    "without model_index.json",
    (folder) => rm(join(folder, "model_index.json")),
    /^FormatError: Model file not found: ".*model_index\.json"$/,
  ],
  [
    "of another pipeline",
    (folder) =>
      editJson(join(folder, "model_index.json"), (json) => {
        json._class_name = "StableDiffusionPipeline";
      }),
    /^FormatError: .* as the pipeline must be FluxPipeline: got StableDiffusionPipeline$/,
  ],
  [
    "without a config",
    (folder) => rm(join(folder, "vae", "config.json")),
    /^FormatError: Model file not found: ".*config\.json"$/,
  ],
  [
    "with a config that is not JSON",
    (folder) => writeFile(join(folder, "vae", "config.json"), "{"),
    /^FormatError: Cannot read ".*config\.json" as it must be JSON: got /,
  ],
  [
    "with a transformer of another architecture",
    (folder) =>
      editJson(join(folder, "transformer", "config.json"), (json) => {
        json._class_name = "SD3Transformer2DModel";
      }),
    /^FormatError: .* as the architecture must be FluxTransformer2DModel: got SD3Transformer2DModel$/,
  ],
  [
    "with a transformer for other latents",
    (folder) =>
      editJson(join(folder, "transformer", "config.json"), (json) => {
        json.in_channels = 384;
      }),
    /^TypeError: .* as in_channels of its transformer must fit its VAE: got 384 and 64$/,
  ],
  [
    "without weights",
    (folder) => rm(join(folder, "text_encoder", "model.safetensors")),
    /^WeightError: .*text_encoder.* as it must hold "model\.safetensors"/,
  ],
  [
    "with a truncated weight file",
    (folder) =>
      truncate(
        join(folder, "transformer", "diffusion_pytorch_model.safetensors"),
        100_000,
      ),
    /^FormatError: .*diffusion_pytorch_model\.safetensors/,
  ],
];

for (const [name, spoil, message] of OPEN_FAULTS) {
  Deno.test(`openModelFolder() refuses a folder ${name}`, async () => {
    await withCopy(async (folder) => {
      await spoil(folder);
      await assert.rejects(openModelFolder(folder), (error: Error) => {
        assert.match(`${error.name}: ${error.message}`, message);
        return true;
      });
    });
  });
}

Deno.test("prepareEdit() refuses a model with NaN weights and frees all it loaded", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  const grey = { width: 8, height: 8, data: new Uint8Array(192).fill(99) };
  await withCopy(async (folder) => {
    const path = join(folder, WEIGHTS.vae);
    await editWeights(path, (tensors) => {
      const { data, ...bias } = tensors["encoder.conv_in.bias"]!;
      const values = widen(data as Uint8Array<ArrayBuffer>, bias.dtype);
      values[3] = NaN;
      tensors["encoder.conv_in.bias"] = { ...bias, data: values };
    });
    await using pipeline = await loadPipeline(folder, { device });
    const run = prepareEdit(pipeline, {
      before: grey,
      after: grey,
      query: grey,
    });
    await assert.rejects(run, {
      name: "RangeError",
      message: `Cannot load encoder.conv_in.bias from ${path} as all values ` +
        "must be finite: got NaN or infinity at element 3",
    });
  });
  assert.equal(device.memory.tensors, 0);
});
