import type { DatasetEncoder, HostTensor } from "@edit-transfer/dataset";
import type { Image } from "@edit-transfer/image";
import {
  encodePanels,
  loadPipeline,
  type ModelFolder,
  modelHash,
  type Pipeline,
} from "@edit-transfer/pipeline";
import { planTraining } from "@edit-transfer/plan";
import { type Device, openDevice, type Tensor } from "@edit-transfer/tensor";
import {
  type LoraTrainerOptions,
  openLoraTrainer,
} from "@edit-transfer/training";
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
  #pipeline: Pipeline;

  private constructor(
    pipeline: Pipeline,
    { config, hashes }: {
      readonly config: TrainConfig;
      readonly hashes: { all: string; latents: string; text: string };
    },
  ) {
    this.#config = config;
    this.#device = pipeline.device;
    this.#pipeline = pipeline;
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
    return new FolderModel(pipeline, { config, hashes });
  }

  async plan(panelSize: number): Promise<ModelPlan> {
    const { train, model } = this.#config;
    const plan = await planTraining(model, {
      device: this.#device.kind,
      panelSize,
      batchSize: train.batchSize,
      trainer: this.#trainerOptions(),
    });
    const { parameters } = sizesOf(this.#pipeline.folder);
    return { ...plan, baseParameters: parameters };
  }

  async trainer(): Promise<Trainer> {
    const { model } = this.#config;
    // the text encoders are not needed any more
    await this.#pipeline[Symbol.asyncDispose]();
    this.#pipeline = await loadPipeline(model, { device: this.#device });
    return await openLoraTrainer(this.#pipeline, this.#trainerOptions());
  }

  #trainerOptions(): LoraTrainerOptions {
    const { network, train } = this.#config;
    const { layers } = sizesOf(this.#pipeline.folder);
    return {
      rank: network.rank,
      alpha: network.alpha,
      targets: chooseTargets(layers, network),
      seed: train.seed,
      guidance: train.guidance,
      noise: train.noise,
      adam: train,
      ema: train.ema,
      emaByUpdates: train.emaByUpdates,
      checkpoint: train.checkpointing,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pipeline[Symbol.asyncDispose]();
    this.#device.destroy();
  }

  async #encodeImages(images: readonly Image[]): Promise<HostTensor[]> {
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
  ): Promise<{ pooled: HostTensor; states: HostTensor }> {
    using text = await this.#pipeline.encodeText(caption);
    return {
      pooled: await download(text.pooled), // [C]
      states: await download(text.states), // [T, C]
    };
  }
}

/** The only item of a batch. */
async function download(tensor: Tensor): Promise<HostTensor> {
  const data = Float32Array.from(await tensor.data());
  return { shape: tensor.shape.slice(1), data };
}

/** Linear layers of all blocks, and how many numbers are in the transformer. */
function sizesOf({ transformer: { weights } }: ModelFolder) {
  const layers: string[] = [];
  let parameters = 0;
  for (const name of weights.names()) {
    const { shape } = weights.info(name);
    parameters += shape.reduce((product, extent) => product * extent, 1);
    const path = /^((?:single_)?transformer_blocks\..*)\.weight$/.exec(name)
      ?.[1];
    if (path !== undefined && shape.length === 2) layers.push(path);
  }
  return { layers, parameters };
}
