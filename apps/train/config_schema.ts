import {
  integerIn,
  LIMITS,
  numberIn,
  positiveTo,
  type Range,
} from "@edit-transfer/files/limits";
import { z } from "zod";

const text = z.string();
const share = numberIn([0, 1]);
const DECAY = "must be a number from 0 to below 1";
/** Of a moving average, which at 1 would never take anything in. */
const decay = z.number(DECAY).min(0, DECAY).lt(1, DECAY);
const seed = integerIn(LIMITS.seed);
const every = integerIn(LIMITS.every);
const steps = integerIn(LIMITS.steps);
const guidance = numberIn(LIMITS.guidance);
/** Half of a side of a composite is a panel. */
const composite = integerIn([2, 2 * LIMITS.side[1]]);
const texts = list(text, [0, 10_000]);

/** Lists of bounded length. */
function list<Item extends z.ZodType>(
  item: Item,
  [least, most]: Range,
): z.ZodArray<Item> {
  const rule = `must have a length from ${least} to ${most}`;
  return z.array(item).min(least, rule).max(most, rule);
}

/** A set of figures that is drawn instead of read. */
const figures = z.strictObject({
  split: z.enum(["train", "test", "unseen"]).default("train"),
  seed: seed.default(0),
  count: integerIn(LIMITS.cases),
  compose: integerIn(LIMITS.compose).default(1),
  types: texts.optional(),
  identities: integerIn(LIMITS.identities).optional(),
});

const dataset = z.strictObject({
  folder_path: text.optional(),
  figures: figures.optional(),
  caption_ext: text.default("txt"),
  caption_dropout_rate: share.default(0),
  caption_commas: z.boolean().default(false),
  caption_template: text.optional(),
  seams: z.enum(["centre", "detect"]).default("detect"),
  shuffle_tokens: z.literal(false).default(false),
  cache_latents_to_disk: z.boolean().default(true),
  resolution: z.union([composite, list(composite, [1, 1])]).optional(),
});

const network = z.strictObject({
  type: z.literal("lora").default("lora"),
  pretrained_lora_path: text.optional(),
  linear: integerIn(LIMITS.rank).optional(),
  linear_alpha: positiveTo(1e6).optional(),
  network_kwargs: z.strictObject({
    only_if_contains: texts.optional(),
    ignore_if_contains: texts.optional(),
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
  save_every: every.default(500),
  max_step_saves_to_keep: every.default(10),
  push_to_hub: z.literal(false).default(false),
});

const train = z.strictObject({
  batch_size: integerIn(LIMITS.batchSize).default(1),
  steps: integerIn(LIMITS.trainSteps),
  gradient_accumulation_steps: integerIn(LIMITS.accumulation).default(1),
  gradient_checkpointing: z.boolean().default(true),
  train_unet: z.literal(true).default(true),
  train_text_encoder: z.literal(false).default(false),
  noise_scheduler: z.literal("flowmatch").default("flowmatch"),
  timestep_type: z.enum(["sigmoid", "uniform", "linear", "shift"]).default(
    "sigmoid",
  ),
  timestep_shift: positiveTo(LIMITS.shift[1]).default(3),
  logit_mean: numberIn([-100, 100]).default(0),
  logit_std: positiveTo(100).default(1),
  panel_mode: z.enum(["panel", "joint"]).default("panel"),
  noise: z.strictObject({
    standardize: z.boolean().default(true),
    round: z.enum(["bf16", "none"]).default("none"),
  }).prefault({}),
  cfg_scale: guidance.default(1),
  conditions: z.enum(["joint", "kept"]).default("joint"),
  condition_sigma: share.default(0),
  optimizer: z.enum(["adamw", "adamw8bit"]).default("adamw"),
  optimizer_params: z.strictObject({
    betas: z.tuple([decay, decay]).default([0.9, 0.999]),
    eps: positiveTo(1).default(1e-6),
    weight_decay: numberIn([0, 100]).default(0.01),
  }).prefault({}),
  lr: positiveTo(100),
  lr_scheduler: z.enum(["constant", "cosine"]).default("constant"),
  lr_warmup_steps: integerIn([0, LIMITS.trainSteps[1]]).default(0),
  lr_scheduler_params: z.strictObject({
    hold: share.default(0),
    eta_min: numberIn([0, 100]).default(0),
  }).prefault({}),
  max_grad_norm: positiveTo(1e9).default(1),
  ema_config: z.strictObject({
    use_ema: z.boolean().default(true),
    ema_decay: decay.default(0.99),
    use_num_updates: z.boolean().default(false),
  }).prefault({}),
  dtype: z.enum(["bf16", "bfloat16", "fp16", "float16", "fp32", "float32"])
    .default("float32"),
  seed: seed.default(42),
});

const augment = z.strictObject({
  mirror: share.default(0),
  crop: z.strictObject({
    probability: share.default(0),
    least: positiveTo(1).default(0.8),
  }).prefault({}),
  colours: z.strictObject({
    probability: share.default(0),
    degrees: numberIn([0, 180]).default(180),
  }).prefault({}),
  variants: integerIn([1, 4096]).default(16),
  exchange_rows: share.default(0),
  exchange_roles: share.default(0),
  pairings: share.default(0),
});

const replay = z.strictObject({
  folder_path: text.optional(),
  figures: figures.optional(),
  caption_ext: text.default("txt"),
  caption_dropout_rate: share.default(0),
  caption_template: text.optional(),
  seams: z.enum(["centre", "detect"]).default("detect"),
  share: positiveTo(1),
  preserve: positiveTo(1000).optional(),
});

/** Name of the embedded model, wherever its package is. */
export const EMBEDDED_MODEL = "@edit-transfer/micro";

const model = z.strictObject({
  name_or_path: text.default(EMBEDDED_MODEL),
  is_flux: z.literal(true).default(true),
  quantize: z.boolean().default(false),
});

/** A four-panel picture, or an example and a query. */
const sampleImage = z.union([
  text,
  z.strictObject({ before: text, after: text, query: text }),
]);

const sample = z.strictObject({
  sampler: z.literal("flowmatch").default("flowmatch"),
  sample_every: every.default(250),
  sample_steps: steps.default(35),
  guidance_scale: guidance.default(1),
  seed: seed.default(42),
  walk_seed: z.boolean().default(true),
  count: integerIn(LIMITS.samples).default(4),
  width: composite.optional(),
  height: composite.optional(),
  image: z.union(
    [sampleImage, list(sampleImage, [1, LIMITS.samples[1]])],
    "must be a path, { before, after, query }, or a list of them",
  )
    .optional(),
  prompts: texts.optional(),
  neg: text.optional(),
});

const validation = z.strictObject({
  folder_path: text.optional(),
  figures: figures.optional(),
  caption_ext: text.default("txt"),
  caption_template: text.optional(),
  seams: z.enum(["centre", "detect"]).default("detect"),
  hold_out: share.default(0.1),
  every: every.default(250),
  count: integerIn([1, LIMITS.samples[1]]).default(8),
  sigmas: list(positiveTo(1), [1, 1000]).default([
    0.1,
    0.3,
    0.5,
    0.7,
    0.9,
  ]),
  seed: seed.default(42),
});

const process = z.strictObject({
  type: text,
  training_folder: text,
  performance_log_every: numberIn([0, 1e9]).optional(),
  device: text.default("auto"),
  network,
  save: save.prefault({}),
  datasets: list(dataset, [1, 10_000]),
  cache: z.strictObject({
    folder: text.optional(),
    dtype: z.enum(["float32", "bfloat16", "float16"]).default("float32"),
  }).prefault({}),
  train,
  model: model.prefault({}),
  sample: sample.prefault({}),
  validation: validation.optional(),
  augment: augment.optional(),
  replay: replay.optional(),
  stop: z.strictObject({ patience: every }).optional(),
});

/** A config file in the shape of ai-toolkit's, with one process. */
export const CONFIG_SCHEMA = z.strictObject({
  job: text.default("extension"),
  config: z.strictObject({
    name: z.string().regex(
      /^(?!\.+$)[\w.-]+$/,
      'must be of letters a to z, digits, "_", "-" and ".", not of dots alone',
    ),
    process: list(process, [1, 1]),
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
