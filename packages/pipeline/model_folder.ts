import { parseFluxConfig } from "@edit-transfer/dit";
import { parseSchedulerConfig } from "@edit-transfer/flow";
import { parseClipTextConfig, parseT5Config } from "@edit-transfer/text";
import { parseVaeConfig } from "@edit-transfer/vae";
import {
  openWeights,
  type WeightSource,
  widenWeights,
} from "@edit-transfer/weights";
import { join } from "node:path";
import { checkWeights } from "./check_weights.ts";
import { type Role, withoutExtras } from "./extra_arrays.ts";
import type { Component, ModelFolder } from "./model_parts.ts";
import { readModelSettings } from "./model_settings.ts";
import { readConfig } from "./read_config.ts";
import { checkPipelineIndex, hasPipelineIndex, readJson } from "./read_json.ts";
import { hasSingleFiles, openSingleFiles } from "./single_files.ts";

/** File name of the weights, without extension. */
const DIFFUSERS = "diffusion_pytorch_model";
const TRANSFORMERS = "model";

/**
 * Opens a model folder and checks all that can be checked without reading
 * weights: that every part is there, is of the right architecture, is as long
 * as its header says, has the arrays of its layers and no others, and fits the
 * other parts.
 *
 * The folder is one of two kinds: that of diffusers, with a `model_index.json`;
 * or one that holds the single files of Black Forest Labs and ComfyUI,
 * safetensors in 32, 16 or 8 bits or GGUF, told apart by what is in them, with
 * the folders `tokenizer` and `tokenizer_2` beside them. Of the latter, a
 * `config.json` or `scheduler_config.json` at diffusers' place is optional.
 *
 * @param path Path of the folder, or of the weight file that has the
 * transformer, the rest of the model being beside it.
 * @returns The folder, owned by the caller.
 *
 * @throws {FormatError} If a config or a weight file is malformed or of another architecture.
 * @throws {WeightError} If arrays are missing, of another shape, or of no layer.
 * @throws {Error} If a file is missing, saying what each file that is there is.
 *
 * @example Usage
 * ```ts
 * import { openModelFolder } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * await using folder = await openModelFolder("models/micro");
 * assert.equal(folder.transformer.config.inChannels, 64);
 * ```
 */
export async function openModelFolder(path: string): Promise<ModelFolder> {
  const folder = !await hasPipelineIndex(path) && await hasSingleFiles(path)
    ? await openSingleFiles(path)
    : await openDiffusers(path);
  try {
    checkFit(folder);
    await checkWeights(folder);
    return folder;
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

async function openDiffusers(path: string): Promise<ModelFolder> {
  await checkPipelineIndex(path);
  const opened: WeightSource[] = [];
  const open = async <Config>(
    role: Role,
    name: string,
    parse: (json: unknown, path: string) => Config,
  ): Promise<Component<Config>> => {
    const file = join(path, name, "config.json");
    const config = parse(await readConfig(file), file);
    const stem = role === "clip" || role === "t5" ? TRANSFORMERS : DIFFUSERS;
    const weights = await widenWeights(
      await openWeights(join(path, name), { stem }),
    );
    opened.push(weights);
    return { config, weights: withoutExtras(weights, role) };
  };
  const close = async () => {
    for (const weights of opened) await weights.close();
  };
  try {
    const scheduler = join(path, "scheduler", "scheduler_config.json");
    return {
      path,
      settings: await readModelSettings(path),
      scheduler: parseSchedulerConfig(await readJson(scheduler), scheduler),
      clip: await open("clip", "text_encoder", parseClipTextConfig),
      t5: await open("t5", "text_encoder_2", parseT5Config),
      vae: await open("vae", "vae", parseVaeConfig),
      transformer: await open("transformer", "transformer", parseFluxConfig),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Models by the share of latents among the channels that they take. */
const VARIANTS: Readonly<Record<number, string>> = {
  6: "FLUX.1-Fill, which takes a mask and a masked picture too",
  2: "FLUX.1-Canny or -Depth, which takes a control picture too",
};

/** Refuses parts whose widths do not meet. */
function checkFit({ path, transformer, vae, clip, t5 }: ModelFolder): void {
  const meet = (name: string, wants: number, gets: number, from: string) => {
    if (wants === gets) return;
    throw new TypeError(
      `Cannot use model "${path}" as ${name} of its transformer must fit its ${from}: got ${wants} and ${gets}`,
    );
  };
  const { config } = transformer;
  const latents = 4 * vae.config.latentChannels;
  const variant = VARIANTS[config.inChannels / latents];
  if (variant !== undefined && config.outChannels === latents) {
    throw new TypeError(
      `Cannot use model "${path}" as its transformer must take latents alone, as FLUX.1-dev does: ` +
        `got in_channels ${config.inChannels}, so ${variant}`,
    );
  }
  meet("in_channels", config.inChannels, latents, "VAE");
  meet("out_channels", config.outChannels, config.inChannels, "in_channels");
  meet(
    "joint_attention_dim",
    config.jointAttentionDim,
    t5.config.modelSize,
    "T5",
  );
  meet(
    "pooled_projection_dim",
    config.pooledProjectionDim,
    clip.config.hiddenSize,
    "CLIP",
  );
}
