import type { DataConfig, TrainConfig } from "@edit-transfer/training";
import { join } from "node:path";
import { configNotices } from "./config_notices.ts";
import type { ConfigFile, Process } from "./config_schema.ts";

/** The config of a run and what a user should know about it. */
export interface ResolvedConfig {
  readonly config: TrainConfig;
  readonly notices: readonly string[];
}

const DTYPES = {
  float16: "F16",
  fp16: "F16",
  bfloat16: "BF16",
  bf16: "BF16",
  float32: "F32",
  fp32: "F32",
} as const;

/** Turns a config file into what a run does. */
export function resolveConfig(file: ConfigFile): ResolvedConfig {
  const [process] = file.config.process as [Process];
  const { network, save, train, model, sample, cache } = process;
  const folder = process.training_folder;
  const rank = network.linear!; // given, or of the LoRA that it begins from
  const config: TrainConfig = {
    name: file.config.name,
    folder: join(folder, file.config.name),
    device: deviceOf(process.device),
    model: model.name_or_path,
    modelName: model.name_or_path,
    network: {
      pretrained: network.pretrained_lora_path,
      rank,
      alpha: network.linear_alpha ?? rank,
      only: network.network_kwargs.only_if_contains ?? [],
      ignore: network.network_kwargs.ignore_if_contains ?? [],
    },
    save: {
      dtype: DTYPES[save.dtype],
      every: save.save_every,
      keep: save.max_step_saves_to_keep,
    },
    data: process.datasets.map((one) => dataOf(one)),
    augment: process.augment && {
      ...process.augment,
      exchangeRows: process.augment.exchange_rows,
      exchangeRoles: process.augment.exchange_roles,
    },
    replay: process.replay && {
      data: dataOf(process.replay),
      share: process.replay.share,
      preserve: process.replay.preserve,
    },
    stop: process.stop,
    panelSize: panelSizeOf(process),
    panelMode: train.panel_mode,
    cache: {
      folder: cache.folder ?? join(folder, "_latent_cache"),
      dtype: DTYPES[cache.dtype],
    },
    train: {
      batchSize: train.batch_size,
      steps: train.steps,
      accumulation: train.gradient_accumulation_steps,
      checkpointing: train.gradient_checkpointing,
      timesteps: train.timestep_type === "linear"
        ? "uniform"
        : train.timestep_type,
      shift: train.timestep_shift,
      mean: train.logit_mean,
      deviation: train.logit_std,
      noise: train.noise,
      guidance: train.cfg_scale,
      conditions: train.conditions,
      conditionSigma: train.condition_sigma,
      lr: train.lr,
      schedule: train.lr_scheduler,
      warmup: train.lr_warmup_steps,
      hold: train.lr_scheduler_params.hold,
      least: train.lr_scheduler_params.eta_min,
      beta1: train.optimizer_params.betas[0],
      beta2: train.optimizer_params.betas[1],
      eps: train.optimizer_params.eps,
      weightDecay: train.optimizer_params.weight_decay,
      maxGradNorm: train.max_grad_norm,
      ema: train.ema_config.use_ema ? train.ema_config.ema_decay : undefined,
      emaByUpdates: train.ema_config.use_num_updates,
      seed: train.seed,
    },
    sample: {
      every: sample.sample_every,
      steps: sample.sample_steps,
      guidance: sample.guidance_scale,
      seed: sample.seed,
      walkSeed: sample.walk_seed,
      count: sample.count,
      ...samplesOf(process),
    },
    validation: validationOf(process),
  };
  return { config, notices: configNotices(process) };
}

/** Pictures to sample and their captions; none where the config names none. */
function samplesOf(
  { sample: { image, prompts = [""] } }: Process,
): Pick<TrainConfig["sample"], "images" | "prompts"> {
  if (image === undefined) return { images: [], prompts: [] };
  const images = Array.isArray(image) ? image : [image];
  return { images, prompts };
}

function deviceOf(name: string): TrainConfig["device"] {
  return name === "cpu" || name === "webgpu" ? name : "auto"; // as cuda:0
}

/** Half the side of the composite, one for all data sets. */
function panelSizeOf({ datasets }: Process): number | undefined {
  const [side] = datasets.flatMap((one) => one.resolution ?? []);
  return side === undefined ? undefined : side / 2;
}

/** The fields that training and validation data share. */
type Data =
  & Pick<
    NonNullable<Process["validation"]>,
    "folder_path" | "figures" | "caption_ext" | "caption_template" | "seams"
  >
  & Partial<
    Pick<
      Process["datasets"][number],
      "caption_commas" | "caption_dropout_rate"
    >
  >;

function dataOf(data: Data): DataConfig {
  return {
    path: data.folder_path,
    figures: data.figures,
    captionExtension: data.caption_ext,
    commas: data.caption_commas ?? false,
    template: data.caption_template,
    seams: data.seams,
    captionDropout: data.caption_dropout_rate ?? 0,
  };
}

function validationOf(
  { validation, sample }: Process,
): TrainConfig["validation"] {
  if (validation === undefined) {
    return {
      data: undefined,
      holdOut: 0.1,
      every: sample.sample_every,
      count: 8,
      sigmas: [0.1, 0.3, 0.5, 0.7, 0.9],
      seed: sample.seed,
    };
  }
  const { every, count, sigmas, seed, hold_out: holdOut } = validation;
  const hasOwn = validation.folder_path !== undefined ||
    validation.figures !== undefined;
  const data = hasOwn ? dataOf(validation) : undefined;
  return { data, holdOut, every, count, sigmas, seed };
}
