/**
 * Training of a LoRA on composites, with the loss on the fourth panel.
 *
 * ```ts
 * import { loadPipeline } from "@edit-transfer/pipeline";
 * import { openDevice } from "@edit-transfer/tensor";
 * import { openLoraTrainer } from "@edit-transfer/training";
 * import assert from "node:assert/strict";
 *
 * const device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   await using trainer = await openLoraTrainer(pipeline, {
 *     rank: 2,
 *     seed: 42,
 *     adam: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 },
 *   });
 *   assert.ok(trainer.parameters.length > 0);
 * }
 * device.destroy();
 * ```
 *
 * @module
 */
export {
  LoraTrainer,
  type LoraTrainerOptions,
  openLoraTrainer,
} from "./lora_trainer.ts";
export type { LoraTrainerState, LoraValues } from "./lora_trainer_state.ts";
export type { HostTensor, LoraTask } from "./train_inputs.ts";
