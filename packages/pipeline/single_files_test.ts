import {
  loadPipeline,
  type ModelFolder,
  openModelFolder,
  prepareEdit,
} from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import type { TensorData } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { copyFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readTensors, WEIGHTS } from "./_test_model_copy.ts";
import { inLayout, MICRO, withSingleFiles } from "./_test_single_files.ts";

const FLUX = await inLayout("transformer");
const VAE = await inLayout("vae");
const CLIP = await inLayout("clip");
const T5 = await inLayout("t5");
const FILES = {
  "flux1-dev.safetensors": FLUX,
  "ae.safetensors": VAE,
  "clip_l.safetensors": CLIP,
  "t5xxl_fp16.safetensors": T5,
};

/** Configs of what is not as in FLUX.1: groups of norms, width of heads. */
const FEWER = ["vae", "text_encoder"];

/** The arrays of a part by name, without the prefix that CLIP may have. */
async function arrays(folder: ModelFolder, role: keyof typeof ROLES) {
  const { weights } = folder[role];
  const found = new Map<string, unknown>();
  for (const name of weights.names()) {
    const { dtype, shape } = weights.info(name);
    const key = name.replace(/^text_model\./, "");
    found.set(key, { dtype, shape, bytes: await weights.read(name) });
  }
  return found;
}

const ROLES = { transformer: 0, vae: 0, clip: 0, t5: 0 };

/** Asserts that a folder has the configs and arrays of the embedded model. */
async function assertSameModel(path: string): Promise<void> {
  await using expected = await openModelFolder(MICRO);
  await using actual = await openModelFolder(path);
  assert.deepEqual(actual.scheduler, expected.scheduler);
  for (const role of Object.keys(ROLES) as (keyof typeof ROLES)[]) {
    assert.deepEqual(actual[role].config, expected[role].config);
    const wanted = await arrays(expected, role);
    const got = await arrays(actual, role);
    assert.deepEqual([...got.keys()].sort(), [...wanted.keys()].sort());
    for (const [name, array] of wanted) {
      assert.deepEqual(got.get(name), array, name);
    }
  }
}

Deno.test("a folder of BFL's and ComfyUI's files is the same model", async () => {
  await withSingleFiles({ files: FILES }, assertSameModel);
});

Deno.test("a transformer in diffusers' names may be a single file", async () => {
  const files = {
    ...FILES,
    "flux1-dev.safetensors": await readTensors(
      join(MICRO, WEIGHTS.transformer),
    ),
  };
  await withSingleFiles({ files }, assertSameModel);
});

Deno.test("one file of ComfyUI with all parts is the same model", async () => {
  const all = {
    ...await inLayout("transformer", "model.diffusion_model."),
    ...await inLayout("vae", "vae."),
    ...await inLayout("clip", "text_encoders.clip_l.transformer."),
    ...await inLayout("t5", "text_encoders.t5xxl.transformer."),
  };
  await withSingleFiles(
    { files: { "flux1-all.safetensors": all } },
    assertSameModel,
  );
});

Deno.test("an edit with single files is the same to the bit", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  const grey = (level: number) => ({
    width: 64,
    height: 64,
    data: new Uint8Array(64 * 64 * 3).fill(level),
  });
  const run = async (path: string) => {
    await using pipeline = await loadPipeline(path, { device });
    using prepared = await prepareEdit(pipeline, {
      before: grey(60),
      after: grey(120),
      query: grey(180),
    });
    const { latents } = await prepared.run({ seed: 1, steps: 1 });
    return latents;
  };
  await withSingleFiles({ files: FILES }, async (folder) => {
    assert.deepEqual(await run(folder), await run(MICRO));
  });
  assert.equal(device.memory.tensors, 0);
});

Deno.test("configs that are not there come from the weights", async () => {
  await withSingleFiles({ files: FILES, configs: FEWER }, async (path) => {
    await using folder = await openModelFolder(path);
    await using expected = await openModelFolder(MICRO);
    assert.deepEqual(folder.transformer.config, expected.transformer.config);
    assert.deepEqual(folder.t5.config, expected.t5.config);
    assert.deepEqual(folder.scheduler, {
      shift: 3,
      useDynamicShifting: true,
      baseShift: 0.5,
      maxShift: 1.15,
      baseImageSeqLen: 256,
      maxImageSeqLen: 4096,
    });
  });
});

Deno.test("a transformer without guidance is -schnell, with its scheduler", async () => {
  const schnell = Object.fromEntries(
    Object.entries(FLUX).filter(([name]) => !name.startsWith("guidance_in")),
  );
  const files = { ...FILES, "flux1-dev.safetensors": schnell };
  await withSingleFiles({ files, configs: FEWER }, async (path) => {
    await using folder = await openModelFolder(path);
    assert.equal(folder.transformer.config.guidanceEmbeds, false);
    assert.equal(folder.scheduler.useDynamicShifting, false);
    assert.equal(folder.scheduler.shift, 1);
  });
});

Deno.test("a weight file may be named where there are several", async () => {
  const files = { ...FILES, "flux1-schnell.safetensors": FLUX };
  await withSingleFiles({ files }, async (folder) => {
    await assert.rejects(openModelFolder(folder), {
      message:
        `Cannot use model "${folder}" as it must hold one FLUX.1 transformer: ` +
        'got "flux1-dev.safetensors" and "flux1-schnell.safetensors"; ' +
        "name the file instead of the folder, or move one away",
    });
    await assertSameModel(join(folder, "flux1-schnell.safetensors"));
  });
});

const X: TensorData = { dtype: "F32", shape: [1], data: Float32Array.of(0) };
const { "flux1-dev.safetensors": _, ...REST } = FILES;
const OTHERS: [string, string][] = [
  ["model.diffusion_model.label_emb.0.0.weight", "a Stable Diffusion XL UNet"],
  [
    "joint_blocks.0.context_block.attn.qkv.weight",
    "a Stable Diffusion 3 transformer",
  ],
  ["double_stream_modulation_img.lin.weight", "a FLUX.2 transformer"],
  ["lora_unet_double_blocks_0.lora_down.weight", "a LoRA"],
  ["layer.weight", 'an unknown model with "layer.weight"'],
];

for (const [name, what] of OTHERS) {
  Deno.test(`${what} instead of the transformer is named`, async () => {
    const files = { ...REST, "model.safetensors": { [name]: X } };
    await withSingleFiles({ files }, async (folder) => {
      await assert.rejects(openModelFolder(folder), {
        message:
          `Cannot use model "${folder}" as it must hold a FLUX.1 transformer, ` +
          `e.g. flux1-dev.safetensors or a .gguf: got "model.safetensors" is ${what}`,
      });
    });
  });
}

Deno.test("FLUX.1-Fill is refused for what it is", async () => {
  const data = new Float32Array(192 * 384);
  const fill = {
    ...FLUX,
    "img_in.weight": { dtype: "F32" as const, shape: [192, 384], data },
  };
  const files = { ...FILES, "flux1-dev.safetensors": fill };
  await withSingleFiles({ files, configs: FEWER }, async (folder) => {
    await assert.rejects(openModelFolder(folder), {
      name: "TypeError",
      message:
        `Cannot use model "${folder}" as its transformer must take latents alone, ` +
        "as FLUX.1-dev does: got in_channels 384, so FLUX.1-Fill, which takes a mask and a masked picture too",
    });
  });
});

Deno.test("missing tokenisers are said, with what to copy", async () => {
  await withSingleFiles({ files: FILES, tokenizers: false }, async (folder) => {
    await assert.rejects(openModelFolder(folder), {
      message:
        `Cannot use model "${folder}" as the tokenisers must lie beside the weights: ` +
        'got no folder "tokenizer"; copy "tokenizer" (vocab.json, merges.txt) and "tokenizer_2" ' +
        "(tokenizer.json), with their tokenizer_config.json, from a diffusers folder of FLUX.1",
    });
  });
});

Deno.test("a GGUF and fp8 files stand for their parts", async () => {
  const golden = (name: string) =>
    fileURLToPath(
      new URL(`../../fixtures/goldens/layouts/${name}`, import.meta.url),
    );
  const { "t5xxl_fp16.safetensors": _, ...files } = REST;
  await withSingleFiles({ files, configs: FEWER }, async (folder) => {
    await copyFile(golden("t5.gguf"), join(folder, "t5.gguf"));
    for (const name of ["flux_q8_0.gguf", "flux_comfy_scaled.safetensors"]) {
      const path = join(folder, name);
      await copyFile(golden(name), path);
      // of other widths than the autoencoder
      await assert.rejects(openModelFolder(path), {
        message:
          `Cannot use model "${folder}" as in_channels of its transformer must fit its VAE: got 32 and 64`,
      });
    }
  });
});

Deno.test("a truncated file in the folder is said", async () => {
  await withSingleFiles({ files: FILES }, async (folder) => {
    const path = join(folder, "ae.safetensors");
    await truncate(path, 100_000);
    await assert.rejects(openModelFolder(folder), {
      name: "FormatError",
      path,
    });
    await writeFile(join(folder, "ae.safetensors"), "");
    await assert.rejects(openModelFolder(folder), {
      name: "FormatError",
      path,
    });
  });
});
