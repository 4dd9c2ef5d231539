import { type FluxConfig, parseFluxConfig } from "@edit-transfer/dit";
import {
  parseSchedulerConfig,
  type SchedulerConfig,
} from "@edit-transfer/flow";
import {
  type ClipTextConfig,
  parseClipTextConfig,
  parseT5Config,
  type T5Config,
} from "@edit-transfer/text";
import { parseVaeConfig, type VaeConfig } from "@edit-transfer/vae";
import { openWeights, type WeightSource } from "@edit-transfer/weights";
import { join } from "node:path";
import { checkPipelineIndex, readJson } from "./read_json.ts";

/** A model of the folder: its architecture and its weights. */
export interface Component<Config> {
  /** Architecture, from its config. */
  readonly config: Config;
  /** Weights; headers are read and checked, data is not. */
  readonly weights: WeightSource;
}

/** Parts of a diffusers-layout FLUX folder, none of whose data is read yet. */
export interface ModelFolder extends AsyncDisposable {
  /** Path of the folder. */
  readonly path: string;
  /** The transformer. */
  readonly transformer: Component<FluxConfig>;
  /** The autoencoder. */
  readonly vae: Component<VaeConfig>;
  /** The CLIP text encoder. */
  readonly clip: Component<ClipTextConfig>;
  /** The T5 text encoder. */
  readonly t5: Component<T5Config>;
  /** Config of the scheduler. */
  readonly scheduler: SchedulerConfig;
}

/** File name of the weights, without extension. */
const DIFFUSERS = "diffusion_pytorch_model";
const TRANSFORMERS = "model";

/**
 * Opens a model folder in the diffusers layout of FLUX.1-dev and checks all
 * that can be checked without reading weights: that every part is there, is of
 * the right architecture, is as long as its header says, and fits the others.
 *
 * @param path Path of the folder.
 * @returns The folder, owned by the caller.
 *
 * @throws {FormatError} If a config or a weight file is malformed or of another architecture.
 * @throws {Error} If a file is missing.
 *
 * @example Usage
 * ```ts
 * import { openModelFolder } from "@edit-transfer/transfer";
 * import assert from "node:assert/strict";
 *
 * await using folder = await openModelFolder("fixtures/micro");
 * assert.equal(folder.transformer.config.inChannels, 64);
 * ```
 */
export async function openModelFolder(path: string): Promise<ModelFolder> {
  await checkPipelineIndex(path);
  const opened: WeightSource[] = [];
  const open = async <Config>(
    name: string,
    parse: (json: unknown, path: string) => Config,
    stem: string,
  ): Promise<Component<Config>> => {
    const file = join(path, name, "config.json");
    const config = parse(await readJson(file), file);
    const weights = await openWeights(join(path, name), { stem });
    opened.push(weights);
    return { config, weights };
  };
  const close = async () => {
    for (const weights of opened) await weights.close();
  };
  try {
    const scheduler = join(path, "scheduler", "scheduler_config.json");
    const folder: ModelFolder = {
      path,
      scheduler: parseSchedulerConfig(await readJson(scheduler), scheduler),
      clip: await open("text_encoder", parseClipTextConfig, TRANSFORMERS),
      t5: await open("text_encoder_2", parseT5Config, TRANSFORMERS),
      vae: await open("vae", parseVaeConfig, DIFFUSERS),
      transformer: await open("transformer", parseFluxConfig, DIFFUSERS),
      [Symbol.asyncDispose]: close,
    };
    checkFit(folder);
    return folder;
  } catch (error) {
    await close();
    throw error;
  }
}

/** Refuses parts whose widths do not meet. */
function checkFit({ path, transformer, vae, clip, t5 }: ModelFolder): void {
  const meet = (name: string, wants: number, gets: number, from: string) => {
    if (wants === gets) return;
    throw new TypeError(
      `Cannot use model "${path}" as ${name} of its transformer must fit its ${from}: got ${wants} and ${gets}`,
    );
  };
  const { config } = transformer;
  meet("in_channels", config.inChannels, 4 * vae.config.latentChannels, "VAE");
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
