import type { DatasetEncoder, HostTensor } from "@edit-transfer/dataset";
import type { Image } from "@edit-transfer/image";
import {
  deviceIdentity,
  encodePanels,
  guidanceNotices,
  loadPipeline,
  type ModelFolder,
  modelHash,
  type Pipeline,
  sizeNotices,
} from "@edit-transfer/pipeline";
import { type Device, openDevice, type Tensor } from "@edit-transfer/tensor";
import { loadTokenizer, type Tokenizer } from "@edit-transfer/text";
import { join } from "node:path";
import { chooseTargets } from "./choose_targets.ts";
import { ConfigError } from "./config_error.ts";
import { openLoraTrainer } from "./open_lora_trainer.ts";
import type { LoraTrainerOptions } from "./lora_trainer_options.ts";
import { readPretrainedLora } from "./pretrained_lora.ts";
import type { TrainConfig } from "./train_config.ts";
import type { LoraValues } from "./lora_trainer_state.ts";
import type { Trainer } from "./trainer.ts";

/** How long a caption is for an encoder. */
export interface CaptionLength {
  /** Tokens before it is cut. */
  readonly count: number;
  /** Most tokens that the encoder reads. */
  readonly maxLength: number;
}

/** A caption as tokens. */
export interface CaptionTokens {
  /** Ids that the encoders see, cut, as text: equal for what looks equal. */
  readonly ids: string;
  /** Its length for CLIP. */
  readonly clip: CaptionLength;
  /** Its length for T5. */
  readonly t5: CaptionLength;
}

/** The base model of a run; nothing of its weights is read until it is needed. */
export interface TrainModel extends AsyncDisposable {
  /** SHA-256 over its files. */
  readonly hash: string;
  /** Side of a square panel of the run, in pixels; others have its area. */
  readonly panelSize: number;
  /** What sides of panels are multiples of, in pixels. */
  readonly tokenSize: number;
  /** Encodes pictures and captions. */
  readonly encoder: DatasetEncoder;
  /** Caption template that the model has of its own. */
  readonly template: string;
  /** Whether it sees a guidance. */
  readonly embedsGuidance: boolean;
  /** Facts that a user should know, e.g. of a size that it was not made for. */
  readonly notices: readonly string[];
  /** What the text encoders read of a caption. */
  readonly tokenize: (caption: string) => Promise<CaptionTokens>;
  /** Loads the transformer with a new LoRA. */
  trainer(): Promise<Trainer>;
}

/** A {@linkcode TrainModel} on a device, with what a plan of its memory needs. */
export interface OpenedTrainModel extends TrainModel {
  /** Kind of its device. */
  readonly device: "cpu" | "webgpu";
  /** Numbers in its transformer. */
  readonly baseParameters: number;
  /** Options of its trainer. */
  readonly trainerOptions: LoraTrainerOptions;
}

/**
 * Opens the base model that a config names, on the device it names.
 *
 * @param config What the run does.
 * @returns The model, owned by the caller.
 *
 * @throws {ConfigError} If panels would not have whole tokens, or no layer is
 * left to train.
 * @throws {Error} If there is no such model or device.
 *
 * @example Usage
 * ```ts
 * import { openTrainModel, type TrainConfig } from "@edit-transfer/training";
 *
 * async function panelSizeOf(config: TrainConfig): Promise<number> {
 *   await using model = await openTrainModel(config);
 *   return model.panelSize;
 * }
 * ```
 */
export async function openTrainModel(
  config: TrainConfig,
): Promise<OpenedTrainModel> {
  const device = await openDevice(config.device);
  try {
    return await FolderTrainModel.open(config, device);
  } catch (error) {
    device[Symbol.dispose]();
    throw error;
  }
}

/** A model folder: its text encoders and VAE first, then its transformer. */
class FolderTrainModel implements OpenedTrainModel {
  readonly hash: string;
  readonly panelSize: number;
  readonly tokenSize: number;
  readonly encoder: DatasetEncoder;
  readonly template: string;
  readonly embedsGuidance: boolean;
  readonly notices: readonly string[];
  readonly tokenize: TrainModel["tokenize"];
  readonly baseParameters: number;
  readonly #config: TrainConfig;
  readonly #device: Device;
  #pipeline: Pipeline;

  private constructor(
    pipeline: Pipeline,
    { config, panelSize, hashes }: {
      readonly config: TrainConfig;
      readonly panelSize: number;
      readonly hashes: { all: string; latents: string; text: string };
    },
  ) {
    this.#config = config;
    this.#device = pipeline.device;
    this.#pipeline = pipeline;
    this.hash = hashes.all;
    this.panelSize = panelSize;
    this.tokenSize = pipeline.tokenSize;
    this.baseParameters = sizesOf(pipeline.folder).parameters;
    this.template = pipeline.template;
    const { device, folder: { settings, transformer } } = pipeline;
    const { guidance } = config.train;
    this.embedsGuidance = transformer.config.guidanceEmbeds;
    this.notices = [
      ...device.notices ?? [],
      ...sizeNotices("panel", [panelSize, panelSize], settings),
      ...guidanceNotices(
        transformer.config,
        guidance === 1 ? undefined : guidance,
      ),
    ];
    const { path } = pipeline.folder;
    let tokenizers: Promise<[Tokenizer, Tokenizer]> | undefined;
    this.tokenize = async (caption) => {
      const [clip, t5] = await (tokenizers ??= loadTokenizers(path));
      const read = [clip.encode(caption), t5.encode(caption)] as const;
      return {
        ids: read.map(({ ids }) => ids).join(" "),
        clip: { count: read[0].tokenCount, maxLength: clip.maxLength },
        t5: { count: read[1].tokenCount, maxLength: t5.maxLength },
      };
    };
    this.encoder = {
      // another device rounds otherwise, by more where it computes in f16
      latentModel: `${hashes.latents} ${deviceIdentity(device)}`,
      textModel: `${hashes.text} ${deviceIdentity(device)}`,
      encodeImages: (images) => this.#encodeImages(images),
      encodeCaption: (caption) => this.#encodeCaption(caption),
    };
  }

  static async open(
    config: TrainConfig,
    device: Device,
  ): Promise<FolderTrainModel> {
    const pipeline = await loadPipeline(config.model, {
      device,
      keepTextEncoders: true,
    });
    try {
      const panelSize = panelSizeOf(config, pipeline);
      const hashes = {
        all: await modelHash(config.model),
        latents: await modelHash(config.model, { parts: "latents" }),
        text: await modelHash(config.model, { parts: "text" }),
      };
      return new FolderTrainModel(pipeline, { config, panelSize, hashes });
    } catch (error) {
      await pipeline[Symbol.asyncDispose]();
      throw error;
    }
  }

  async trainer(): Promise<Trainer> {
    const { model } = this.#config;
    // the text encoders are not needed any more
    await this.#pipeline[Symbol.asyncDispose]();
    this.#pipeline = await loadPipeline(model, { device: this.#device });
    return await openLoraTrainer(this.#pipeline, {
      ...this.trainerOptions,
      start: await this.#start(),
    });
  }

  /** Values of the LoRA that the run begins from, which must be of its shape. */
  async #start(): Promise<LoraValues | undefined> {
    const { pretrained, rank, alpha } = this.#config.network;
    if (pretrained === undefined) return undefined;
    const lora = await readPretrainedLora(pretrained);
    const has = (own: object) => JSON.stringify(own);
    const targets = this.trainerOptions.targets ?? [];
    const [wanted, got] = [
      { rank, alpha, layers: targets.length },
      { rank: lora.rank, alpha: lora.alpha, layers: lora.layers.length },
    ];
    const strange = targets.find((path) => !lora.layers.includes(path));
    if (has(wanted) === has(got) && strange === undefined) return lora.values;
    throw new ConfigError(
      `Cannot begin from "${pretrained}" as it must have what the config names, ${
        describe(wanted)
      }: got ${describe(got)}` +
        (strange === undefined ? "" : `, without "${strange}"`),
    );
  }

  get trainerOptions(): LoraTrainerOptions {
    const { network, train } = this.#config;
    const { layers } = sizesOf(this.#pipeline.folder);
    return {
      rank: network.rank,
      alpha: network.alpha,
      targets: chooseTargets(layers, network),
      seed: train.seed,
      guidance: train.guidance,
      conditions: train.conditions,
      conditionSigma: train.conditionSigma,
      noise: train.noise,
      adam: train,
      ema: train.ema,
      emaByUpdates: train.emaByUpdates,
      checkpoint: train.checkpointing,
    };
  }

  get device(): "cpu" | "webgpu" {
    return this.#device.kind;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pipeline[Symbol.asyncDispose]();
    this.#device[Symbol.dispose]();
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

/** Side of a panel in pixels; whole tokens, as no token may see two panels. */
function panelSizeOf(config: TrainConfig, pipeline: Pipeline): number {
  const { panelSize, tokenSize } = pipeline;
  const size = config.panelSize ?? panelSize;
  checkSize(size, pipeline);
  if (size % tokenSize === 0) return size;
  throw new ConfigError(
    `Cannot use config as resolution must be a multiple of ${
      2 * tokenSize
    }, for panels of whole tokens: got ${2 * size}`,
  );
}

/** Refuses panels so much larger than those the model was made for that all is noise. */
function checkSize(
  size: number,
  { folder: { settings: { sizes } } }: Pipeline,
) {
  const most = sizes?.panel[1] ?? Infinity;
  if (size <= 2 * most) return;
  throw new ConfigError(
    `Cannot use config as resolution must be at most ${
      4 * most
    } for a model made for composites of up to ${2 * most} pixels a side: got ${
      2 * size
    }; leave resolution out for its own`,
  );
}

/** CLIP's and T5's tokeniser. */
function loadTokenizers(model: string): Promise<[Tokenizer, Tokenizer]> {
  return Promise.all([
    loadTokenizer(join(model, "tokenizer"), { kind: "clip" }),
    loadTokenizer(join(model, "tokenizer_2"), { kind: "t5" }),
  ]);
}

function describe(
  { rank, alpha, layers }: { rank: number; alpha: number; layers: number },
): string {
  return `${layers} layers of rank ${rank} and alpha ${alpha}`;
}

/** The only item of a batch. */
async function download(tensor: Tensor): Promise<HostTensor> {
  const data = Float32Array.from(await tensor.data());
  return { shape: tensor.shape.slice(1), data };
}

/** Linear layers, and how many numbers are in the transformer. */
function sizesOf({ transformer: { weights } }: ModelFolder) {
  const layers: string[] = [];
  let parameters = 0;
  for (const name of weights.names()) {
    const { shape } = weights.info(name);
    parameters += shape.reduce((product, extent) => product * extent, 1);
    const path = /^(.*)\.weight$/.exec(name)?.[1];
    if (path !== undefined && shape.length === 2) layers.push(path);
  }
  return { layers, parameters };
}
