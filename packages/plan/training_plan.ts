import { quadLayout } from "@edit-transfer/composite";
import { type OpenedModel, openModel, Pipeline } from "@edit-transfer/pipeline";
import { type DeviceChoice, openDryDevice } from "@edit-transfer/tensor";
import {
  type LoraTask,
  type LoraTrainerOptions,
  openLoraTrainer,
} from "@edit-transfer/training";

/** Updates until what kernels keep from a second use on is there at first. */
const UPDATES = 3;

/** Options of {@linkcode planTraining}. */
export interface PlanTrainingOptions {
  /** Device to plan for, as for `openDevice`. */
  device: DeviceChoice;
  /**
   * WebGPU implementation whose adapter to plan for.
   *
   * @default {Dawn, from npm:webgpu}
   */
  readonly gpu?: GPU | undefined;
  /** Side of a panel in pixels. */
  panelSize: number;
  /** Tasks of a batch. */
  batchSize: number;
  /** As for {@linkcode openLoraTrainer}. */
  trainer: LoraTrainerOptions;
}

/** What training takes from a device, in bytes. */
export interface TrainingPlan {
  /** Name of the device. */
  readonly device: string;
  /** Of the frozen transformer, as it is stored, with what kernels keep of it. */
  readonly baseBytes: number;
  /** Of the LoRA, its gradient, its moments and its average, likewise. */
  readonly loraBytes: number;
  /** Most in an update, with activations and the scratch memory of kernels. */
  readonly peakBytes: number;
  /** Numbers that are trained. */
  readonly trainedParameters: number;
  /** Layers that are trained. */
  readonly targets: number;
  /** Tokens of a task in the transformer: text and four panels. */
  readonly tokens: number;
}

/**
 * Plans the memory of a LoRA's training: some updates are run, by the code that
 * will do it, on a device that has the allocator and kernels of the real one
 * but no memory.
 *
 * @param path Model folder or file, see {@linkcode openModelFolder}.
 * @param options See {@linkcode PlanTrainingOptions}.
 * @returns The plan.
 *
 * @throws {FormatError} If a file is malformed or of another architecture.
 * @throws {RangeError} If an option of the trainer is out of range.
 *
 * @example Usage
 * ```ts
 * import { planTraining } from "@edit-transfer/plan";
 * import assert from "node:assert/strict";
 *
 * const adam = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 };
 * const plan = (checkpoint: boolean) =>
 *   planTraining("models/micro", {
 *     device: "cpu",
 *     panelSize: 64,
 *     batchSize: 1,
 *     trainer: { rank: 2, seed: 42, adam, checkpoint },
 *   });
 * assert.ok((await plan(true)).peakBytes < (await plan(false)).peakBytes);
 * ```
 */
export async function planTraining(
  path: string,
  options: PlanTrainingOptions,
): Promise<TrainingPlan> {
  const model = await openModel(path);
  await using _ = model.folder;
  return await planOpenedTraining(model, options);
}

/** Plans for a model that is open. */
export async function planOpenedTraining(
  { folder }: OpenedModel,
  { device: choice, gpu, panelSize, batchSize, trainer }: PlanTrainingOptions,
): Promise<TrainingPlan> {
  using device = await openDryDevice(choice, { ...gpu && { gpu } });
  const pipeline = new Pipeline(folder, { device, loras: [] });
  try {
    const task = await emptyTask(pipeline, panelSize);
    pipeline.unload();
    const tasks = Array<LoraTask>(batchSize).fill(task);
    await pipeline.transformer();
    device.resetPeak();
    await using run = await openLoraTrainer(pipeline, trainer);
    let withGradient = 0;
    for (let count = 1; count <= UPDATES; count++) {
      await run.accumulate(tasks, 1);
      withGradient = device.memory.bytes;
      await run.update({ count, lr: 1e-4, factor: 1 });
    }
    const { peakBytes } = device.memory;
    const layers = run.parameters.length / 2;
    await run[Symbol.asyncDispose]();
    const baseBytes = device.memory.bytes;
    return {
      device: device.name,
      baseBytes,
      loraBytes: withGradient - baseBytes,
      peakBytes,
      trainedParameters: run.parameters.reduce(
        (sum, { shape: [rows, columns] }) => sum + rows * columns,
        0,
      ),
      targets: layers,
      tokens: task.text.states.shape[0]! + taskTokens(task),
    };
  } finally {
    pipeline.unload();
  }
}

/** Tokens of a task's four panels. */
function taskTokens({ latents: { shape } }: LoraTask): number {
  const [c, H, W] = shape as [number, number, number];
  return quadLayout([c, H / 2, W / 2]).tokens;
}

/** A task of the sizes that the model makes of panels and captions. */
async function emptyTask(
  pipeline: Pipeline,
  panelSize: number,
): Promise<LoraTask> {
  const { latentChannels: c, downscale } = pipeline.folder.vae.config;
  const side = panelSize / downscale;
  using text = await pipeline.encodeText("");
  const empty = (shape: readonly number[]) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return { shape, data: new Float32Array(size) };
  };
  return {
    latents: empty(quadLayout([c, side, side]).shape),
    text: {
      pooled: empty(text.pooled.shape.slice(1)), // [C]
      states: empty(text.states.shape.slice(1)), // [T, C]
    },
    seed: 1,
    sigma: 0.5,
  };
}
