import type { Pipeline } from "@edit-transfer/pipeline";
import { LoraTrainer } from "./lora_trainer.ts";
import type { LoraTrainerOptions } from "./lora_trainer_options.ts";

/**
 * Begins the training of a LoRA on a pipeline that has none.
 *
 * @param pipeline Model to train on, which stays frozen.
 * @param options See {@linkcode LoraTrainerOptions}.
 * @returns The trainer, owned by the caller, to be disposed before the pipeline.
 *
 * @throws {RangeError} If rank, alpha or seed is out of range, or a target
 * matches no layer.
 *
 * @example Usage
 * ```ts
 * import { openDevice } from "@edit-transfer/tensor";
 * import { loadPipeline } from "@edit-transfer/pipeline";
 * import { openLoraTrainer } from "@edit-transfer/training";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   await using trainer = await openLoraTrainer(pipeline, {
 *     rank: 2,
 *     targets: ["attn.to_q"],
 *     seed: 42,
 *     adam: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 },
 *   });
 *   assert.deepEqual(trainer.parameters[0]?.shape, [2, 192]);
 * }
 * ```
 */
export async function openLoraTrainer(
  pipeline: Pipeline,
  options: LoraTrainerOptions,
): Promise<LoraTrainer> {
  return new LoraTrainer(pipeline, await pipeline.transformer(), options);
}
