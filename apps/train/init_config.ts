import { atomicWrite, exists } from "@edit-transfer/files";
import { ConfigError, openTrainModel } from "@edit-transfer/training";
import { basename, relative, resolve } from "node:path";
import process from "node:process";
import { beginFromLora } from "./begin_from_lora.ts";
import { EMBEDDED_MODEL } from "./config_schema.ts";
import { planRun, secondsPerStep } from "./dry_run.ts";
import { locateModel } from "./locate_model.ts";
import { parseConfig } from "./parse_config.ts";
import { resolveConfig } from "./resolve_config.ts";

/** Seconds that a run of a new config may take. */
const WANTED = 30 * 60;
/** Steps that it has at least and at most. */
const STEPS = [100, 3000] as const;
/** Tasks under which a data set is one of few examples. */
const FEW = 100;
/** Numbers in a transformer from which on memory is what counts. */
const LARGE = 1e9;

/** Options of {@linkcode initConfig}. */
export interface InitOptions {
  /** Base model, as a config names it. */
  readonly model: string;
  /** Path of the config. */
  readonly output: string;
  /** Whether a file that is there is replaced. */
  readonly force: boolean;
  /** Told what a user should know. */
  readonly note: (text: string) => void;
}

/** What is chosen for a folder. */
interface Choice {
  readonly template: string | undefined;
  readonly mirror: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly tasks: number;
  readonly composite: number;
  readonly isLarge: boolean;
}

/**
 * Writes a config that fits a folder of examples, the model and the machine: a
 * template with which all captions differ, the size of the model's panels, as many
 * steps as half an hour takes. Nothing is written unless it would run.
 */
export async function initConfig(
  folder: string,
  { model, output, force, note }: InitOptions,
): Promise<void> {
  if (!force && await exists(output)) {
    throw new ConfigError(
      `Cannot write "${output}" as it is there: name another file with -o, or add --force`,
    );
  }
  const open = async (choice: Choice) => {
    const text = configText(folder, model, choice);
    const file = await beginFromLora(parseConfig(text, { path: output }));
    return await locateModel(resolveConfig(file).config);
  };
  const first: Choice = {
    template: undefined,
    mirror: 0.5,
    batchSize: 1,
    steps: STEPS[0],
    tasks: 1,
    composite: 2,
    isLarge: false,
  };
  // what the model is like
  const bare = await open({ ...first, composite: 0 });
  const known = await (async () => {
    await using opened = await openTrainModel(bare);
    const isLarge = opened.baseParameters > LARGE;
    const composite = 2 * opened.panelSize;
    return { isLarge, composite, template: opened.template };
  })();
  const { isLarge, composite } = known;
  // the first choice that the data allows
  let refused: unknown;
  const templates = isLarge
    ? [undefined, known.template, "{edit}"]
    : [known.template, undefined, "{edit}"]; // a small model reads little else
  for (const template of templates) {
    for (const mirror of [0.5, 0]) {
      const choice = { ...first, template, mirror, isLarge, composite };
      try {
        const plan = await planRun(await open(choice), () => {});
        const { tasks } = plan;
        const batchSize = isLarge ? 1 : Math.min(16, tasks);
        const fitting = { ...choice, tasks, batchSize };
        const config = await open(fitting);
        const steps = WANTED / secondsPerStep(config, plan);
        const rounded = 50 * Math.round(steps / 50);
        const done = {
          ...fitting,
          steps: Math.min(STEPS[1], Math.max(STEPS[0], rounded)),
        };
        await planRun(await open(done), note); // it would run
        const text = configText(folder, model, done);
        await atomicWrite(output, new TextEncoder().encode(text));
        return;
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        refused ??= error;
      }
    }
  }
  throw refused;
}

/** The config as YAML. */
function configText(
  folder: string,
  model: string,
  { template, mirror, batchSize, steps, tasks, composite, isLarge }: Choice,
): string {
  const isFew = tasks < FEW && model === EMBEDDED_MODEL;
  const below = relative(process.cwd(), resolve(folder)) || ".";
  const path = below.startsWith("..") ? resolve(folder) : below;
  const name = basename(resolve(folder)).replaceAll(/[^\w.-]+/g, "_")
    .replace(/^\.+/, "") || "my_edit";
  const quoted = (text: string) => JSON.stringify(text);
  const templated = template === undefined
    ? ""
    : `\n          caption_template: ${
      quoted(template)
    } # the words of captions are put into it`;
  const network = isFew
    ? `{ pretrained_lora_path: ${
      quoted(EMBEDDED_MODEL)
    } } # begins from what can transfer edits`
    : "{ linear: 16, linear_alpha: 16 }";
  const more = isFew
    ? `
      augment: # more of each example
        mirror: ${mirror}
        crop: { probability: 0.5, least: 0.8 }
        exchange_rows: 0.5
        exchange_roles: 0.25
      replay: # other composites, so that nothing is forgotten
        figures: { split: train, seed: 5, count: 60, identities: 4 }
        caption_template: "four panels: plain, {edit}, plain, {edit}"
        share: 0.3`
    : "";
  const every = Math.max(1, Math.round(steps / 4));
  return `# A LoRA from the examples in ${path}. docs/config.md explains every key.
#   deno run -A apps/train/main.ts --config THIS_FILE
job: extension
config:
  name: ${quoted(name)}
  process:
    - type: sd_trainer_inpaint
      training_folder: out/train
      network: ${network}
      datasets:
        - folder_path: ${quoted(path)}${templated}
          caption_dropout_rate: 0.2 # so that the example is needed
          seams: detect # composites are cut where panels meet${
    composite === 0 ? "" : `\n          resolution: ${composite}`
  }${more}
      train:
        batch_size: ${batchSize}
        steps: ${steps}
        gradient_checkpointing: ${isLarge}
        lr: ${isLarge ? "1e-4" : "1e-3"}
        lr_scheduler: cosine
        lr_scheduler_params: { hold: 0.3, eta_min: 3e-5 }
        lr_warmup_steps: 20
        ema_config: { ema_decay: 0.98, use_num_updates: true }
        logit_mean: ${isLarge ? 0 : 3} # noise levels: how high
        logit_std: ${isLarge ? 1 : 2}
      model: { name_or_path: ${quoted(model)} }
      save: { dtype: bfloat16, save_every: ${every}, max_step_saves_to_keep: 2 }
      validation: { hold_out: 0.1, every: ${every}, sigmas: [0.5, 0.8, 0.95] }
      sample: { sample_every: ${every}, count: 4 } # image and prompts: pictures of your own
`;
}
