import type { DatasetEncoder, Encoded } from "@edit-transfer/dataset";
import type { Image } from "@edit-transfer/image";
import { type Device, openDevice, type Tensor } from "@edit-transfer/tensor";
import {
  encodePanels,
  loadPipeline,
  type ModelFolder,
  modelHash,
  openLoraTrainer,
  type Pipeline,
} from "@edit-transfer/transfer";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { chooseTargets } from "./choose_targets.ts";
import type { ModelPlan, TrainModel } from "./model.ts";
import type { TrainConfig } from "./train_config.ts";
import type { Trainer } from "./trainer.ts";

/** Opens the base model that a config names, on the device it names. */
export async function openModel(config: TrainConfig): Promise<TrainModel> {
  const device = await openDevice(config.device);
  try {
    return await FolderModel.open(config, device);
  } catch (error) {
    device.destroy();
    throw error;
  }
}

/** A model folder: its text encoders and VAE first, then its transformer. */
class FolderModel implements TrainModel {
  readonly hash: string;
  readonly panelSize: number;
  readonly tokenSize: number;
  readonly encoder: DatasetEncoder;
  readonly #config: TrainConfig;
  readonly #device: Device;
  readonly #textTokens: number;
  #pipeline: Pipeline;

  private constructor(
    pipeline: Pipeline,
    { config, hashes, textTokens }: {
      readonly config: TrainConfig;
      readonly textTokens: number;
      readonly hashes: { all: string; latents: string; text: string };
    },
  ) {
    this.#config = config;
    this.#device = pipeline.device;
    this.#pipeline = pipeline;
    this.#textTokens = textTokens;
    this.hash = hashes.all;
    this.panelSize = pipeline.panelSize;
    this.tokenSize = pipeline.tokenSize;
    this.encoder = {
      latentModel: hashes.latents,
      textModel: hashes.text,
      encodeImages: (images) => this.#encodeImages(images),
      encodeCaption: (caption) => this.#encodeCaption(caption),
    };
  }

  static async open(
    config: TrainConfig,
    device: Device,
  ): Promise<FolderModel> {
    const pipeline = await loadPipeline(config.model, {
      device,
      keepTextEncoders: true,
    });
    const hashes = {
      all: await modelHash(config.model),
      latents: await modelHash(config.model, { parts: "latents" }),
      text: await modelHash(config.model, { parts: "text" }),
    };
    const textTokens = await textTokensOf(pipeline.folder);
    return new FolderModel(pipeline, { config, hashes, textTokens });
  }

  plan(panelSize: number): ModelPlan {
    const { folder } = this.#pipeline;
    const { rank } = this.#config.network;
    const { layers, parameters } = sizesOf(folder);
    const targets = chooseTargets([...layers.keys()], this.#config.network);
    const tokens = (2 * panelSize / this.#pipeline.tokenSize) ** 2;
    return {
      device: this.#device.name,
      baseParameters: parameters,
      targets: targets.length,
      trainedParameters: targets.reduce((sum, path) => {
        const [out, into] = layers.get(path)!;
        return sum + rank * (out + into);
      }, 0),
      activationBytes: activationBytes(folder, {
        tokens: tokens + this.#textTokens,
        tasks: this.#config.train.batchSize,
        checkpointing: this.#config.train.checkpointing,
      }),
    };
  }

  async trainer(): Promise<Trainer> {
    const { network, train, model } = this.#config;
    // the text encoders are not needed any more
    await this.#pipeline[Symbol.asyncDispose]();
    this.#pipeline = await loadPipeline(model, { device: this.#device });
    const { layers } = sizesOf(this.#pipeline.folder);
    return await openLoraTrainer(this.#pipeline, {
      rank: network.rank,
      alpha: network.alpha,
      targets: chooseTargets([...layers.keys()], network),
      seed: train.seed,
      guidance: train.guidance,
      noise: train.noise,
      adam: train,
      ema: train.ema,
      emaByUpdates: train.emaByUpdates,
      checkpoint: train.checkpointing,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pipeline[Symbol.asyncDispose]();
    this.#device.destroy();
  }

  async #encodeImages(images: readonly Image[]): Promise<Encoded[]> {
    const vae = await this.#pipeline.vae();
    const { latentChannels: c, downscale } = vae.config;
    const shape = [
      c,
      images[0]!.height / downscale,
      images[0]!.width / downscale,
    ];
    const latents = await encodePanels(vae, images, this.#device);
    return latents.map((data) => ({ shape, data }));
  }

  async #encodeCaption(
    caption: string,
  ): Promise<{ pooled: Encoded; states: Encoded }> {
    using text = await this.#pipeline.encodeText(caption);
    return {
      pooled: await download(text.pooled), // [C]
      states: await download(text.states), // [T, C]
    };
  }
}

/** The only item of a batch. */
async function download(tensor: Tensor): Promise<Encoded> {
  const data = Float32Array.from(await tensor.data());
  return { shape: tensor.shape.slice(1), data };
}

/** Widths of the linear layers of all blocks, and numbers in the transformer. */
function sizesOf({ transformer: { weights } }: ModelFolder) {
  const layers = new Map<string, readonly [out: number, into: number]>();
  let parameters = 0;
  for (const name of weights.names()) {
    const { shape } = weights.info(name);
    parameters += shape.reduce((product, extent) => product * extent, 1);
    const path = /^((?:single_)?transformer_blocks\..*)\.weight$/.exec(name)
      ?.[1];
    if (path === undefined || shape.length !== 2) continue;
    layers.set(path, shape as readonly [number, number]);
  }
  return { layers, parameters };
}

/** Values a token keeps for the backward pass of a block, in model widths. */
const KEPT_A_BLOCK = 24;
/** Text tokens of FLUX.1. */
const TEXT_TOKENS = 512;

/** About how much the forward pass leaves for the backward pass. */
function activationBytes(
  { transformer: { config } }: ModelFolder,
  { tokens, tasks, checkpointing }: {
    /** Of text and picture. */
    readonly tokens: number;
    readonly tasks: number;
    readonly checkpointing: boolean;
  },
): number {
  const { hiddenSize, numLayers, numSingleLayers } = config;
  const blocks = numLayers + numSingleLayers;
  const row = 4 * tokens * hiddenSize * tasks;
  const block = KEPT_A_BLOCK * row;
  return checkpointing ? blocks * row + block : blocks * block;
}

/** Tokens of a caption, as the tokenizer says. */
async function textTokensOf({ path }: ModelFolder): Promise<number> {
  const file = join(path, "tokenizer_2", "tokenizer_config.json");
  try {
    const { model_max_length: length } = JSON.parse(
      await readFile(file, "utf8"),
    ) as { model_max_length?: unknown };
    return Number.isSafeInteger(length) ? length as number : TEXT_TOKENS;
  } catch {
    return TEXT_TOKENS; // a model of single files may have none
  }
}
