import {
  type Draw,
  dropCaption,
  Loader,
  type PreparedDataset,
  SeededRandom,
} from "@edit-transfer/dataset";
import { sampleTimestep } from "@edit-transfer/flow";
import { exists } from "@edit-transfer/files";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import {
  type Checkpoint,
  type RunState,
  writeCheckpoint,
} from "./checkpoint.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { augmentTask, itemsByCaption } from "./augment_task.ts";
import { validationCourse } from "./early_stop.ts";
import { learningRate } from "./learning_rate.ts";
import { type LoraOutput, trainingOf, writeLora } from "./lora_output.ts";
import { writeLossCurve } from "./loss_curve.ts";
import { shapeOf, shapesOf } from "./panel_shapes.ts";
import type { RunLog } from "./run_log.ts";
import type { TrainConfig } from "./train_config.ts";
import type { TrainProgress } from "./train_progress.ts";
import type { LoraTask } from "./train_inputs.ts";
import type { Trainer } from "./trainer.ts";
import { validate, writeSamples } from "./validation.ts";

/** Gradients in a row that may not be finite before the run ends. */
const BAD_IN_ROW = 10;
/** Added to the seed of a task's noise, for the numbers that draw its timestep. */
const OTHER_STREAM = 2 ** 32;
/** Added to it, for the numbers that tell whether another task is replayed. */
const REPLAY_STREAM = 2 ** 35;

/** What a run works on. */
export interface TrainOptions {
  readonly config: TrainConfig;
  readonly trainer: Trainer;
  readonly data: PreparedDataset;
  /** Tasks that are judged by; the first `validation.count` of them. */
  readonly validation: PreparedDataset;
  /** What is sampled in place of these, if anything is. */
  readonly samples: PreparedDataset | undefined;
  /** Tasks that are drawn in place of `data` now and then. */
  readonly replay: PreparedDataset | undefined;
  readonly fingerprint: Fingerprint;
  /** Templates of the captions, which the LoRA records, that of most tasks first. */
  readonly templates: readonly string[];
  /** Side of a panel in pixels. */
  readonly panelSize: number;
  /** Whether the base model sees the guidance. */
  readonly embedsGuidance: boolean;
  /** Where to take the run up. */
  readonly checkpoint: Checkpoint | undefined;
  readonly log: RunLog;
  readonly progress: TrainProgress;
  /** When it is aborted, the step is finished and saved. */
  readonly signal: AbortSignal;
}

/** How a run ended. */
export interface TrainResult {
  /** Steps done. */
  readonly step: number;
  /** Steps left out as their gradient was not finite. */
  readonly skipped: number;
  /**
   * Path of the LoRA that edits best: of the least validation loss where `stop`
   * looks for it, else the average; undefined where it was stopped earlier.
   */
  readonly lora: string | undefined;
  /** Caption template that the LoRA records. */
  readonly template: string;
}

/** Runs steps until the last one, or until it is told to stop. */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const run = new Run(options);
  const { signal } = options;
  await run.start();
  while (!run.isDone && !signal.aborted) {
    await run.step();
    await run.report();
    await setTimeout(0); // lets signals in, as work on the cpu never yields
  }
  return await run.finish();
}

/** Counters of a run, and what is done in one step. */
class Run {
  readonly #options: TrainOptions;
  readonly #loader: Loader;
  readonly #groups: ReadonlyMap<string, readonly number[]>;
  readonly #counts = { step: 0, updates: 0, skipped: 0, skippedInRow: 0 };
  #saved: number;

  constructor(options: TrainOptions) {
    const { config, trainer, data, checkpoint } = options;
    const { batchSize, seed } = config.train;
    this.#options = options;
    this.#groups = itemsByCaption(data);
    this.#loader = new Loader(data.items.length, {
      batchSize,
      seed,
      buckets: data.items.map(shapeOf),
      cursor: checkpoint?.state.cursor,
    });
    if (checkpoint !== undefined) {
      const { step, updates, skipped, skippedInRow } = checkpoint.state;
      this.#counts = { step, updates, skipped, skippedInRow };
      trainer.write(checkpoint.arrays);
    }
    this.#saved = checkpoint?.state.step ?? -1;
  }

  get isDone(): boolean {
    return this.#counts.step >= this.#options.config.train.steps ||
      this.#isStopped;
  }

  /** Whether validation has not got better for too long. */
  get #isStopped(): boolean {
    const { config: { stop }, log } = this.#options;
    return stop !== undefined &&
      validationCourse(log.records).since >= stop.patience;
  }

  async start(): Promise<void> {
    const { log, progress, config, data } = this.#options;
    const { step } = this.#counts;
    const { steps } = config.train;
    await log.write({ event: "start", step, steps, tasks: data.items.length });
    progress.start(step);
    // what the run that is taken up was stopped in
    await this.report({ isResumed: true });
  }

  /** One update from `accumulation` batches, or none if the gradient is not finite. */
  async step(): Promise<void> {
    const { config: { train }, trainer, log, progress } = this.#options;
    const { epoch } = this.#loader.cursor;
    const began = performance.now();
    const lr = learningRate(this.#counts.step, train);
    let loss = 0;
    for (let i = 0; i < train.accumulation; i++) {
      const tasks = await this.#nextTasks();
      const weight = 1 / train.accumulation;
      loss += weight * await trainer.accumulate(tasks, weight);
    }
    const norm = await trainer.gradientNorm();
    const isSound = Number.isFinite(loss) && Number.isFinite(norm);
    this.#counts.step++;
    if (isSound) {
      this.#counts.skippedInRow = 0;
      const factor = Math.min(1, train.maxGradNorm / (norm + 1e-6));
      await trainer.update({ count: ++this.#counts.updates, lr, factor });
    } else {
      this.#counts.skipped++;
      this.#counts.skippedInRow++;
      trainer.discard();
    }
    const { step, skippedInRow } = this.#counts;
    const seconds = (performance.now() - began) / 1000;
    await log.write({
      event: isSound ? "step" : "skip",
      step,
      epoch,
      loss,
      norm,
      lr,
      seconds,
    });
    if (skippedInRow >= BAD_IN_ROW) {
      throw new Error(
        `Cannot go on training as gradients must be finite: got ${skippedInRow} in a row that are not, the last at step ${step}; a lower learning rate may help`,
      );
    }
    progress.step(step, train.steps, {
      label: "training",
      detail: isSound ? `loss ${loss.toFixed(4)}` : "skipped",
    });
  }

  /**
   * Saves, validates and samples where it is time to and it is not done. What is
   * stopped here is done when the run is taken up.
   */
  async report({ isResumed = false } = {}): Promise<void> {
    const { config, signal } = this.#options;
    const { step } = this.#counts;
    if (step === 0) return;
    const isDue = (every: number) => step % every === 0 || this.isDone;
    if (isDue(config.save.every) || signal.aborted) await this.#save();
    if (isDue(config.validation.every)) await this.#validate();
    if (
      isDue(config.sample.every) && !(isResumed && await exists(this.#samples))
    ) {
      await this.#sample();
    }
  }

  /** Saves what is not saved; after the last step, writes the LoRA for use. */
  async finish(): Promise<TrainResult> {
    const { config, log, progress, templates } = this.#options;
    const { step, updates, skipped } = this.#counts;
    await this.#save();
    if (this.isDone && updates === 0) {
      throw new Error(
        `Cannot write the LoRA as a gradient must have been finite: got none in ${step} steps; a lower learning rate may help`,
      );
    }
    if (skipped > 0) {
      progress.note(
        `note: ${skipped} of ${step} steps were skipped, as their gradient was not finite`,
      );
    }
    if (this.#isStopped) {
      const { best, since } = validationCourse(log.records);
      progress.note(
        `step ${step}: ended, as the validation loss has been above ${
          best.toFixed(4)
        } ${since} times in a row`,
      );
    }
    const lora = this.isDone ? await this.#write() : undefined;
    await writeLossCurve(config.folder, log.records);
    const interrupted = lora === undefined;
    await log.write({ event: "end", step, interrupted, skipped });
    return { step, skipped, lora, template: templates[0]! };
  }

  /** Path of the LoRA of the least validation loss. */
  get #best(): string {
    const { folder, name } = this.#options.config;
    return join(folder, `${name}_best.safetensors`);
  }

  /** Writes the LoRA and its average; gives the path of what edits best. */
  async #write(): Promise<string> {
    const { config, trainer } = this.#options;
    const { weights, average } = await trainer.read();
    const { folder, name, save: { dtype } } = config;
    const lora = { ...this.#lora(), dtype };
    const path = join(folder, `${name}.safetensors`);
    await writeLora(path, weights, lora);
    const averaged = join(folder, `${name}_ema.safetensors`);
    if (average !== undefined) await writeLora(averaged, average, lora);
    if (config.stop !== undefined && await exists(this.#best)) {
      return this.#best;
    }
    return average === undefined ? path : averaged;
  }

  async #validate(): Promise<void> {
    const { config, trainer, validation: data, log, progress, signal } =
      this.#options;
    const { step } = this.#counts;
    const isDone = log.records.some((one) =>
      one.event === "validation" && one.step === step
    );
    if (isDone || signal.aborted) return;
    const options = { ...config.validation, data, signal };
    const result = await validate(trainer, options);
    if (result === undefined) return;
    if (!Number.isFinite(result.loss)) {
      throw new Error(
        `Cannot go on training as the validation loss must be finite: got ${result.loss} at step ${step}`,
      );
    }
    // before the log tells of it: a run that is killed here judges again
    if (
      config.stop !== undefined &&
      result.loss < validationCourse(log.records).best
    ) {
      const { weights, average = weights } = await trainer.read();
      const { dtype } = config.save;
      await writeLora(this.#best, average, { ...this.#lora(), dtype });
    }
    await log.write({ event: "validation", step, ...result });
    await writeLossCurve(config.folder, log.records);
    progress.note(`step ${step}: validation loss ${result.loss.toFixed(4)}`);
  }

  async #sample(): Promise<void> {
    const { config, trainer, validation, samples, signal } = this.#options;
    if (config.sample.count === 0 || signal.aborted) return;
    await writeSamples(trainer, {
      ...config.sample,
      data: samples ?? validation,
      hasAnswers: samples === undefined,
      path: this.#samples,
      signal,
    });
  }

  /** Path of the grid of this step. */
  get #samples(): string {
    const name = `${nameOf(this.#counts.step)}.png`;
    return join(this.#options.config.folder, "samples", name);
  }

  async #save(): Promise<void> {
    const { step } = this.#counts;
    if (this.#saved === step || step === 0) return;
    const { config, trainer, log, progress, fingerprint } = this.#options;
    const state: RunState = {
      ...this.#counts,
      cursor: {
        ...this.#loader.cursor,
        random: [...this.#loader.cursor.random],
      },
      fingerprint,
    };
    const path = await writeCheckpoint(join(config.folder, "checkpoints"), {
      state,
      arrays: await trainer.read(),
      lora: this.#lora(),
      keep: config.save.keep,
      after: this.#saved,
    });
    this.#saved = step;
    await log.write({ event: "checkpoint", step });
    await writeLossCurve(config.folder, log.records);
    progress.note(`step ${step}: saved ${path}`);
  }

  #lora(): LoraOutput {
    const {
      config,
      trainer: { parameters },
      templates,
      panelSize,
      embedsGuidance,
      fingerprint,
    } = this.#options;
    return {
      parameters,
      alpha: config.network.alpha,
      templates,
      training: trainingOf({
        config,
        guidance: embedsGuidance ? config.train.guidance : undefined,
        template: templates[0]!,
        step: this.#counts.step,
        panelSize,
        panelShapes: shapesOf(this.#options.data.items),
        modelHash: fingerprint.model,
      }),
    };
  }

  async #nextTasks(): Promise<LoraTask[]> {
    const { config: { train } } = this.#options;
    const tasks: LoraTask[] = [];
    for (const draw of this.#loader.next()) {
      const random = new SeededRandom(draw.seed + OTHER_STREAM);
      const sigma = sampleTimestep(
        () => random.uniform(),
        train.timesteps,
        train,
      );
      tasks.push({ ...await this.#composite(draw), seed: draw.seed, sigma });
    }
    return tasks;
  }

  /** Composite of a draw, augmented, or in its place one that is replayed. */
  async #composite({ index, dropout, seed }: Draw) {
    const { data, replay, config } = this.#options;
    const { augment, train } = config;
    const random = new SeededRandom(seed + REPLAY_STREAM);
    const isReplayed = random.uniform() < (config.replay?.share ?? 0);
    const set = isReplayed ? replay! : data;
    const at = isReplayed
      ? Math.floor(random.uniform() * set.items.length)
      : index;
    const { caption, captionDropout: rate } = set.items[at]!;
    const words = dropCaption(caption, { rate, dropout });
    if (isReplayed) {
      return {
        latents: await set.latents(at),
        text: await set.text(words),
        preserve: config.replay?.preserve,
      };
    }
    return await augmentTask(set, {
      index,
      caption: words,
      drawSeed: seed,
      seed: train.seed,
      augment,
      groups: this.#groups,
    });
  }
}

function nameOf(step: number): string {
  return String(step).padStart(9, "0");
}
