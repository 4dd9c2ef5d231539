/**
 * Training of a LoRA on composites, with the loss on the fourth panel: gradients
 * and updates of {@linkcode LoraTrainer}, and {@linkcode runTraining} with data,
 * checkpoints, validation and log around them.
 *
 * ```ts
 * import { loadPipeline } from "@edit-transfer/pipeline";
 * import { openDevice } from "@edit-transfer/tensor";
 * import { openLoraTrainer } from "@edit-transfer/training";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   await using trainer = await openLoraTrainer(pipeline, {
 *     rank: 2,
 *     seed: 42,
 *     adam: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 },
 *   });
 *   assert.ok(trainer.parameters.length > 0);
 * }
 * ```
 *
 * @module
 */
export { CheckpointError } from "./checkpoint.ts";
export { ConfigError } from "./config_error.ts";
export { countTasks } from "./count_tasks.ts";
export { LoraTrainer } from "./lora_trainer.ts";
export type { LoraTrainerOptions } from "./lora_trainer_options.ts";
export { openLoraTrainer } from "./open_lora_trainer.ts";
export type { LoraTrainerState, LoraValues } from "./lora_trainer_state.ts";
export type { ReadDataOptions } from "./read_data.ts";
export { runTraining, type RunTrainingOptions } from "./run_training.ts";
export { type PretrainedLora, readPretrainedLora } from "./pretrained_lora.ts";
export type { TrainResult } from "./train.ts";
export type {
  AugmentConfig,
  DataConfig,
  FiguresConfig,
  ReplayConfig,
  SampleImage,
  TrainConfig,
} from "./train_config.ts";
export type { LoraTask } from "./train_inputs.ts";
export {
  type CaptionLength,
  type CaptionTokens,
  type OpenedTrainModel,
  openTrainModel,
  type TrainModel,
} from "./train_model.ts";
export type { TrainProgress } from "./train_progress.ts";
export type { Trainer } from "./trainer.ts";
