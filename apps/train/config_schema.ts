import { z } from "zod";

const text = z.string();
const count = z.int().min(1);
const share = z.number().min(0).max(1);
const positive = z.number().positive();

/** A set of figures that is drawn instead of read. */
const figures = z.strictObject({
  split: z.enum(["train", "test", "unseen"]).default("train"),
  seed: z.int().min(0).default(0),
  count,
  compose: z.int().min(1).max(3).default(1),
  identities: z.int().min(2).max(16).optional(),
});

const dataset = z.strictObject({
  folder_path: text.optional(),
  figures: figures.optional(),
  caption_ext: text.default("txt"),
  caption_dropout_rate: share.default(0),
  caption_commas: z.boolean().default(false),
  caption_template: text.optional(),
  seams: z.enum(["centre", "detect"]).default("centre"),
  shuffle_tokens: z.literal(false).default(false),
  cache_latents_to_disk: z.boolean().default(true),
  resolution: z.union([count, z.array(count).length(1)]).optional(),
});

const network = z.strictObject({
  type: z.literal("lora").default("lora"),
  linear: count,
  linear_alpha: positive.optional(),
  network_kwargs: z.strictObject({
    only_if_contains: z.array(text).optional(),
    ignore_if_contains: z.array(text).optional(),
  }).prefault({}),
});

const save = z.strictObject({
  dtype: z.enum([
    "float16",
    "fp16",
    "bfloat16",
    "bf16",
    "float32",
    "fp32",
  ]).default("float32"),
  save_every: count.default(500),
  max_step_saves_to_keep: count.default(10),
  push_to_hub: z.literal(false).default(false),
});

const train = z.strictObject({
  batch_size: count.default(1),
  steps: count,
  gradient_accumulation_steps: count.default(1),
  gradient_checkpointing: z.boolean().default(true),
  train_unet: z.literal(true).default(true),
  train_text_encoder: z.literal(false).default(false),
  noise_scheduler: z.literal("flowmatch").default("flowmatch"),
  timestep_type: z.enum(["sigmoid", "uniform", "linear", "shift"]).default(
    "sigmoid",
  ),
  timestep_shift: positive.default(3),
  logit_mean: z.number().default(0),
  logit_std: positive.default(1),
  panel_mode: z.enum(["panel", "joint"]).default("panel"),
  noise: z.strictObject({
    standardize: z.boolean().default(true),
    round: z.enum(["bf16", "none"]).default("none"),
  }).prefault({}),
  cfg_scale: z.number().min(0).default(1),
  conditions: z.enum(["joint", "kept"]).default("joint"),
  condition_sigma: share.default(0),
  optimizer: z.enum(["adamw", "adamw8bit"]).default("adamw"),
  optimizer_params: z.strictObject({
    betas: z.tuple([share, share]).default([0.9, 0.999]),
    eps: positive.default(1e-6),
    weight_decay: z.number().min(0).default(0.01),
  }).prefault({}),
  lr: positive,
  lr_scheduler: z.enum(["constant", "cosine"]).default("constant"),
  lr_warmup_steps: z.int().min(0).default(0),
  lr_scheduler_params: z.strictObject({
    hold: share.default(0),
    eta_min: z.number().min(0).default(0),
  }).prefault({}),
  max_grad_norm: positive.default(1),
  ema_config: z.strictObject({
    use_ema: z.boolean().default(true),
    ema_decay: share.default(0.99),
    use_num_updates: z.boolean().default(false),
  }).prefault({}),
  dtype: z.enum(["bf16", "bfloat16", "fp16", "float16", "fp32", "float32"])
    .default("float32"),
  seed: z.int().min(0).default(42),
});

/** Name of the embedded model, wherever its package is. */
export const EMBEDDED_MODEL = "@edit-transfer/micro";

const model = z.strictObject({
  name_or_path: text.default(EMBEDDED_MODEL),
  is_flux: z.literal(true).default(true),
  quantize: z.boolean().default(false),
});

const sample = z.strictObject({
  sampler: z.literal("flowmatch").default("flowmatch"),
  sample_every: count.default(250),
  sample_steps: count.default(35),
  guidance_scale: z.number().min(0).default(1),
  seed: z.int().min(0).default(42),
  walk_seed: z.boolean().default(true),
  count: z.int().min(0).default(4),
  width: count.optional(),
  height: count.optional(),
  image: text.optional(),
  prompts: z.array(text).optional(),
  neg: text.optional(),
});

const validation = z.strictObject({
  folder_path: text.optional(),
  figures: figures.optional(),
  caption_ext: text.default("txt"),
  caption_template: text.optional(),
  seams: z.enum(["centre", "detect"]).default("centre"),
  every: count.default(250),
  count: count.default(8),
  sigmas: z.array(z.number().gt(0).max(1)).min(1).default([
    0.1,
    0.3,
    0.5,
    0.7,
    0.9,
  ]),
  seed: z.int().min(0).default(42),
});

const process = z.strictObject({
  type: text,
  training_folder: text,
  performance_log_every: z.number().optional(),
  device: text.default("auto"),
  network,
  save: save.prefault({}),
  datasets: z.array(dataset).min(1),
  cache: z.strictObject({
    folder: text.optional(),
    dtype: z.enum(["float32", "bfloat16", "float16"]).default("float32"),
  }).prefault({}),
  train,
  model: model.prefault({}),
  sample: sample.prefault({}),
  validation: validation.optional(),
});

/** A config file in the shape of ai-toolkit's, with one process. */
export const CONFIG_SCHEMA = z.strictObject({
  job: text.default("extension"),
  config: z.strictObject({
    name: z.string().regex(
      /^(?!\.+$)[\w.-]+$/,
      'be of letters a to z, digits, "_", "-" and ".", not of dots alone',
    ),
    process: z.array(process).length(1),
  }),
  meta: z.record(z.string(), z.unknown()).optional(),
});

/** A config file as it parses, defaults filled in. */
export type ConfigFile = z.infer<typeof CONFIG_SCHEMA>;

/** Its one process. */
export type Process = ConfigFile["config"]["process"][number];

/** Keys that may stand at a path of the file, to name the nearest. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] {
  let schema: unknown = CONFIG_SCHEMA;
  for (const key of path) {
    schema = unwrap(schema);
    if (schema instanceof z.ZodArray) schema = schema.element;
    else if (schema instanceof z.ZodObject) {
      schema = (schema.shape as Record<PropertyKey, unknown>)[key];
    }
  }
  schema = unwrap(schema);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** The schema inside defaults and options. */
function unwrap(schema: unknown): unknown {
  while (
    schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional
  ) schema = schema.unwrap();
  return schema;
}
