/**
 * Edit transfer: load a model folder, then edit and generate with it.
 *
 * Letters in shapes: c latent channels, h w height and width of a latent,
 * T text tokens, I image tokens, P side of a panel in pixels.
 *
 * ```ts
 * import { openDevice } from "@edit-transfer/tensor";
 * import { loadPipeline } from "@edit-transfer/transfer";
 * import assert from "node:assert/strict";
 *
 * const device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   assert.equal(pipeline.panelSize, 64);
 * }
 * device.destroy();
 * ```
 *
 * @module
 */
export {
  type ConvertedArray,
  convertModel,
  type ConvertModelOptions,
} from "./convert/convert_model.ts";
export { type ConversionError } from "./convert/rows.ts";
export {
  CONVERT_TYPES,
  type ConvertRule,
  type ConvertType,
} from "./convert/rules.ts";
export { edit, type EditOptions, type EditResult } from "./edit.ts";
export {
  generate,
  type GenerateOptions,
  type GenerateResult,
} from "./generate.ts";
export type { DenoiseStep } from "./denoise.ts";
export {
  LoraTrainer,
  type LoraTrainerOptions,
  openLoraTrainer,
} from "./lora_trainer.ts";
export {
  type LoraTrainerState,
  type LoraValues,
} from "./lora_trainer_state.ts";
export {
  type Component,
  type ModelFolder,
  openModelFolder,
} from "./model_folder.ts";
export { modelHash, type ModelHashOptions } from "./model_hash.ts";
export { openTransformerWeights } from "./open_transformer_weights.ts";
export {
  decodePanel,
  type DecodePanelOptions,
  encodePanel,
  encodePanels,
} from "./panel_codec.ts";
export { type MemoryPhase } from "./dry_run.ts";
export {
  type MemoryPlan,
  MemoryPlanError,
  planMemory,
  type PlanMemoryOptions,
} from "./memory_plan.ts";
export {
  editWork,
  generateWork,
  type WorkOptions,
} from "./memory_plan_work.ts";
export {
  loadPipeline,
  type LoadPipelineOptions,
  type LoraChoice,
  type ModelPart,
  type Pipeline,
} from "./pipeline.ts";
export {
  type EditInputs,
  type PreparedEdit,
  prepareEdit,
} from "./prepare_edit.ts";
export {
  type TextCacheOptions,
  type TextConditioning,
} from "./text_conditioning.ts";
export { type HostTensor, type LoraTask } from "./train_inputs.ts";
export {
  planTraining,
  type PlanTrainingOptions,
  type TrainingPlan,
} from "./training_plan.ts";
