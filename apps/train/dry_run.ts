import { planTraining, type TrainingPlan } from "@edit-transfer/plan";
import { formatBytes, formatCount, table, warn } from "@edit-transfer/terminal";
import {
  countTasks,
  openTrainModel,
  type TrainConfig,
} from "@edit-transfer/training";

/** Bytes of a number in f32. */
const F32 = 4;

/** What a run would do, found from headers and files alone. */
export interface RunPlan extends TrainingPlan {
  /** Numbers in the transformer. */
  readonly baseParameters: number;
  /** Side of a panel in pixels. */
  readonly panelSize: number;
  /** Tasks of the training data. */
  readonly tasks: number;
}

/** What a run would do, as lines for a user. */
export async function dryRun(config: TrainConfig): Promise<string> {
  await using model = await openTrainModel(config);
  const { device, baseParameters, panelSize, trainerOptions } = model;
  for (const notice of model.notices) warn(`note: ${notice}`);
  const note = (text: string) => warn(text);
  const tasks = await countTasks(config, {
    model,
    progress: { start() {}, step() {}, note, end() {} },
    signal: new AbortController().signal,
  });
  const plan = await planTraining(config.model, {
    device,
    panelSize,
    batchSize: config.train.batchSize,
    trainer: trainerOptions,
  });
  return describePlan(config, { ...plan, baseParameters, panelSize, tasks });
}

/** A plan as lines for a user: parameters, memory, steps. */
export function describePlan(config: TrainConfig, plan: RunPlan): string {
  const { train, network, save } = config;
  const { tasks, panelSize, baseBytes, loraBytes, peakBytes } = plan;
  const batches = Math.ceil(tasks / train.batchSize);
  const epochs = train.steps * train.accumulation / batches;
  const trained = plan.trainedParameters;
  const copies = train.ema === undefined ? 3 : 4; // weights, two moments, average
  const average = train.ema === undefined ? "" : " and average";
  return table([
    ["run", config.folder],
    [
      "model",
      `${config.modelName}: ${
        formatCount(plan.baseParameters)
      } parameters, on ${plan.device}`,
    ],
    [
      "LoRA",
      `${plan.targets} layers, rank ${network.rank}: ${
        formatCount(trained)
      } parameters`,
    ],
    [
      "data",
      `${tasks} tasks of 4 × ${panelSize} × ${panelSize} pixels, ${batches} batches of ${train.batchSize} an epoch`,
    ],
    [
      "steps",
      `${train.steps} of ${train.accumulation * train.batchSize} tasks, ${
        epochs.toFixed(1)
      } epochs; a checkpoint every ${save.every}, the last ${save.keep} kept`,
    ],
    [
      "memory",
      `at most ${formatBytes(peakBytes)} in an update: base model ${
        formatBytes(baseBytes)
      }, LoRA with gradient, moments${average} ${
        formatBytes(loraBytes)
      }, activations ${formatBytes(peakBytes - baseBytes - loraBytes)}`,
    ],
    ["disk", `${formatBytes(trained * copies * F32)} a checkpoint`],
  ]);
}
