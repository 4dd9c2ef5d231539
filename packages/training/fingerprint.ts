import type { TrainConfig } from "./train_config.ts";

/** What the result of a run follows from; plain JSON. */
export interface Fingerprint {
  /** Values of the config that change the weights, by key of the file. */
  readonly config: Readonly<Record<string, unknown>>;
  /** SHA-256 over pictures and captions. */
  readonly dataset: string;
  /** Tasks in the data set. */
  readonly items: number;
  /** SHA-256 over the files of the base model. */
  readonly model: string;
}

/** Values of a config that change the weights, by key of the file. */
export function configFingerprint(
  { network, train, data, cache, panelSize, panelMode, ...more }: TrainConfig,
): Record<string, unknown> {
  const values: Record<string, unknown> = {
    "network.linear": network.rank,
    "network.linear_alpha": network.alpha,
    "network.network_kwargs.only_if_contains": network.only,
    "network.network_kwargs.ignore_if_contains": network.ignore,
    "datasets.resolution": panelSize === undefined ? null : 2 * panelSize,
    "cache.dtype": cache.dtype,
    "train.panel_mode": panelMode,
    "train.batch_size": train.batchSize,
    "train.gradient_accumulation_steps": train.accumulation,
    "train.timestep_type": train.timesteps,
    "train.timestep_shift": train.shift,
    "train.logit_mean": train.mean,
    "train.logit_std": train.deviation,
    "train.noise.standardize": train.noise.standardize,
    "train.noise.round": train.noise.round,
    "train.cfg_scale": train.guidance,
    "train.lr": train.lr,
    "train.lr_scheduler": train.schedule,
    "train.lr_warmup_steps": train.warmup,
    "train.lr_scheduler_params.hold": train.hold,
    "train.lr_scheduler_params.eta_min": train.least,
    "train.optimizer_params.betas": [train.beta1, train.beta2],
    "train.optimizer_params.eps": train.eps,
    "train.optimizer_params.weight_decay": train.weightDecay,
    "train.max_grad_norm": train.maxGradNorm,
    "train.ema_config.ema_decay": train.ema ?? null,
    "train.ema_config.use_num_updates": train.emaByUpdates,
    "train.seed": train.seed,
  };
  // runs from before there were kept conditions say nothing of them
  if (train.conditions === "kept") {
    values["train.conditions"] = train.conditions;
    values["train.condition_sigma"] = train.conditionSigma;
  }
  const { augment, replay, stop } = more;
  if (augment !== undefined) values.augment = augment;
  if (replay !== undefined) {
    values["replay.share"] = replay.share;
    values["replay.preserve"] = replay.preserve ?? null;
  }
  if (stop !== undefined) values.stop = stop;
  // a constant rate does not know where the run ends, so it may be extended
  if (train.schedule === "cosine") values["train.steps"] = train.steps;
  for (const [i, one] of data.entries()) {
    values[`datasets.${i}.seams`] = one.seams;
    values[`datasets.${i}.caption_dropout_rate`] = one.captionDropout;
  }
  return values;
}

/** What is not the same, as parts of a sentence; empty if nothing is. */
export function changes(before: Fingerprint, now: Fingerprint): string[] {
  const parts: string[] = [];
  const keys = new Set([
    ...Object.keys(before.config),
    ...Object.keys(now.config),
  ]);
  for (const key of keys) {
    const [was, is] = [before.config[key], now.config[key]].map((value) =>
      JSON.stringify(value) ?? "nothing"
    );
    if (was !== is) parts.push(`config ${key} was ${was} and is ${is}`);
  }
  if (before.dataset !== now.dataset) {
    parts.push(
      before.items === now.items
        ? `of the data set's ${now.items} tasks, pictures or captions changed`
        : `the data set had ${before.items} tasks and has ${now.items}`,
    );
  }
  if (before.model !== now.model) {
    parts.push(
      `the base model had the hash ${before.model.slice(0, 12)} and has ${
        now.model.slice(0, 12)
      }`,
    );
  }
  return parts;
}
