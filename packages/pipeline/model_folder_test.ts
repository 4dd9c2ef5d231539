import {
  loadPipeline,
  openModelFolder,
  prepareEdit,
} from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import { openSafetensors, writeSafetensors } from "@edit-transfer/weights";
import {
  cp,
  mkdtemp,
  readFile,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";

const MICRO = fileURLToPath(new URL("../../models/micro", import.meta.url));
const PARTS = [
  "model_index.json",
  "scheduler",
  "text_encoder",
  "text_encoder_2",
  "tokenizer",
  "tokenizer_2",
  "transformer",
  "vae",
];

/** Calls `body` with a copy of the embedded model. */
async function withCopy(body: (folder: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "model-"));
  try {
    for (const part of PARTS) {
      await cp(join(MICRO, part), join(folder, part), { recursive: true });
    }
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function editJson(
  path: string,
  change: (json: Record<string, unknown>) => void,
): Promise<void> {
  const json = JSON.parse(await readFile(path, "utf8"));
  change(json);
  await writeFile(path, JSON.stringify(json));
}

/** Rewrites one weight file with its first tensors changed. */
async function editWeights(
  path: string,
  change: (name: string, tensor: {
    dtype: "F32";
    shape: number[];
    data: Float32Array<ArrayBuffer>;
  }) => void,
): Promise<void> {
  const tensors: Record<string, {
    dtype: "F32";
    shape: number[];
    data: Float32Array<ArrayBuffer>;
  }> = {};
  {
    await using source = await openSafetensors(path);
    for (const name of source.names()) {
      const shape = [...source.info(name).shape];
      const size = shape.reduce((n, extent) => n * extent, 1);
      tensors[name] = { dtype: "F32", shape, data: new Float32Array(size) };
      change(name, tensors[name]);
    }
  }
  await writeSafetensors(path, tensors);
}

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

const VAE = join("vae", "diffusion_pytorch_model.safetensors");
const LOAD_FAULTS: [string, (folder: string) => Promise<unknown>, RegExp][] = [
  [
    "with a tensor of another shape",
    (folder) =>
      editWeights(join(folder, VAE), (name, tensor) => {
        if (name !== "encoder.conv_in.bias") return;
        tensor.shape = [tensor.data.length, 1];
      }),
    /encoder\.conv_in\.bias/,
  ],
  [
    "with NaN weights",
    (folder) =>
      editWeights(join(folder, VAE), (name, { data }) => {
        if (name === "encoder.conv_in.bias") data[3] = NaN;
      }),
    /^RangeError: Cannot load encoder\.conv_in\.bias from .* as all values must be finite: got NaN or infinity at element 3$/,
  ],
];

for (const [name, spoil, message] of LOAD_FAULTS) {
  Deno.test(`prepareEdit() refuses a model ${name} and frees all it loaded`, async () => {
    using device = await openDevice("cpu", { threads: 1 });
    const grey = { width: 8, height: 8, data: new Uint8Array(192).fill(99) };
    await withCopy(async (folder) => {
      await spoil(folder);
      await using pipeline = await loadPipeline(folder, { device });
      const run = prepareEdit(pipeline, {
        before: grey,
        after: grey,
        query: grey,
      });
      await assert.rejects(run, (error: Error) => {
        assert.match(`${error.name}: ${error.message}`, message);
        return true;
      });
    });
    assert.equal(device.memory.tensors, 0);
  });
}
