import type { ModelPlan } from "./model.ts";
import type { TrainConfig } from "./train_config.ts";

/** Bytes of a number in f32. */
const F32 = 4;

/** What a run would do, as lines for a user: parameters, memory, steps. */
export function describeRun(
  config: TrainConfig,
  { plan, tasks, panelSize }: {
    readonly plan: ModelPlan;
    readonly tasks: number;
    readonly panelSize: number;
  },
): string {
  const { train, network, save } = config;
  const batches = Math.ceil(tasks / train.batchSize);
  const epochs = train.steps * train.accumulation / batches;
  const trained = plan.trainedParameters;
  const copies = train.ema === undefined ? 4 : 5; // weights, gradient, two moments, average
  const { baseBytes, loraBytes, peakBytes } = plan;
  const onDisk = trained * (copies - 1) * F32;
  const rows = [
    ["run", config.folder],
    [
      "model",
      `${config.model}: ${
        thousands(plan.baseParameters)
      } parameters, on ${plan.device}`,
    ],
    [
      "LoRA",
      `${plan.targets} layers, rank ${network.rank}: ${
        thousands(trained)
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
      `at most ${mebibytes(peakBytes)} in an update: base model ${
        mebibytes(baseBytes)
      }, LoRA with gradient, moments${
        train.ema === undefined ? "" : " and average"
      } ${mebibytes(loraBytes)}, activations ${
        mebibytes(peakBytes - baseBytes - loraBytes)
      }`,
    ],
    ["disk", `${mebibytes(onDisk)} a checkpoint`],
  ];
  return rows.map(([name, text]) => `${name!.padEnd(8)}${text}\n`).join("");
}

function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

function mebibytes(bytes: number): string {
  const size = bytes / 2 ** 20;
  return size >= 1024
    ? `${(size / 1024).toFixed(1)} GiB`
    : `${size.toFixed(size < 10 ? 1 : 0)} MiB`;
}
