import { planTraining, type TrainingPlan } from "@edit-transfer/plan";
import { measureFlops, openDevice } from "@edit-transfer/tensor";
import {
  formatBytes,
  formatCount,
  formatDuration,
  table,
  warn,
} from "@edit-transfer/terminal";
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
  /** Tasks that are trained on. */
  readonly tasks: number;
  /** Floating-point operations in a second that the device was measured at. */
  readonly flops: number;
}

/** What a run would do, as lines for a user. */
export async function dryRun(config: TrainConfig): Promise<string> {
  return describePlan(config, await planRun(config, warn));
}

/** Reads model and data, and plans a run of them. */
export async function planRun(
  config: TrainConfig,
  note: (text: string) => void,
): Promise<RunPlan> {
  await using model = await openTrainModel(config);
  const { device, baseParameters, panelSize, trainerOptions } = model;
  for (const notice of model.notices) note(`note: ${notice}`);
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
  using measured = await openDevice(device);
  const flops = await measureFlops(measured);
  return { ...plan, baseParameters, panelSize, tasks, flops };
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
    ["time", timeOf(config, plan)],
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

/**
 * How long a step may take: 2 operations a token and parameter forwards, as many
 * back to the inputs of frozen layers, and again where activations are computed
 * anew.
 */
export function secondsPerStep(
  { train }: TrainConfig,
  { tokens, baseParameters, flops }: RunPlan,
): number {
  const passes = train.checkpointing ? 3 : 2;
  const tasks = train.batchSize * train.accumulation;
  return 2 * passes * tokens * tasks * baseParameters / flops;
}

function timeOf(config: TrainConfig, plan: RunPlan): string {
  const { train } = config;
  const { flops } = plan;
  const seconds = secondsPerStep(config, plan);
  return `about ${formatDuration(train.steps * seconds)}, ${
    seconds.toPrecision(2)
  } s a step at the ${
    (flops / 1e9).toFixed(0)
  } GFLOP/s that the device was measured at; validation and samples come on top`;
}
