/**
 * A FLUX.1 model on a device: its folder opened, text and panels encoded,
 * latents denoised.
 *
 * Letters in shapes: c latent channels, h w height and width of a latent,
 * T text tokens, I image tokens, P side of a panel in pixels.
 *
 * ```ts
 * import { loadPipeline } from "@edit-transfer/pipeline";
 * import { openDevice } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   assert.equal(pipeline.panelSize, 64);
 * }
 * ```
 *
 * @module
 */
export type { DenoiseStep } from "./denoise.ts";
export {
  type Conditions,
  type ConditionSettings,
  type EditDefaults,
  editDefaults,
} from "./conditions.ts";
export { readEditDefaults } from "./edit_defaults.ts";
export { edit } from "./edit.ts";
export type { Comparison, EncodedEdit } from "./encoded_edit.ts";
export {
  type EditFacts,
  type EditFile,
  openEditFile,
  panelOf,
  writeEditFile,
} from "./edit_file.ts";
export { seedsAtOnce } from "./edit_kept.ts";
export type {
  EditOptions,
  EditResult,
  EditRunOptions,
} from "./edit_options.ts";
export { KEPT_GUIDANCE, type KeptEdit } from "./kept_edit.ts";
export {
  generate,
  type GenerateOptions,
  type GenerateResult,
} from "./generate.ts";
export type { Seed } from "@edit-transfer/flow";
export type { Component, ModelFolder } from "./model_parts.ts";
export { deviceIdentity } from "./device_identity.ts";
export { type ModelFiles, modelFiles } from "./model_files.ts";
export { openModelFolder } from "./model_folder.ts";
export {
  type KnownPictures,
  type KnownSizes,
  type ModelSettings,
  readModelSettings,
  type Sides,
  writeModelSettings,
} from "./model_settings.ts";
export { baseModelNotices } from "./lora_notices.ts";
export { modelHash, type ModelHashOptions } from "./model_hash.ts";
export { type LoraChoice, modelShapes, type OpenedLora } from "./open_loras.ts";
export { openTransformerWeights } from "./open_transformer_weights.ts";
export {
  decodePanel,
  type DecodePanelOptions,
  encodePanel,
  encodePanels,
} from "./panel_codec.ts";
export {
  loadPipeline,
  type LoadPipelineOptions,
  type ModelPart,
  type OpenedModel,
  openModel,
  Pipeline,
  type PipelineOptions,
} from "./pipeline.ts";
export { type EditInputs, prepareEdit } from "./prepare_edit.ts";
export type { PreparedEdit } from "./prepared_edit.ts";
export {
  type ExampleInputs,
  type PreparedExample,
  prepareExample,
} from "./prepare_example.ts";
export { guidanceNotices } from "./guidance_notices.ts";
export { sizeNotices } from "./size_notices.ts";
export {
  type OpenVelocity,
  type Velocity,
  velocityOf,
  type VelocityOptions,
} from "./velocity.ts";
export type { TextConditioning } from "./text_conditioning.ts";
export type { TextCacheOptions } from "./text_files.ts";
export { reconstruct } from "./reconstruct.ts";
export { type PreparedQuery, prepareQuery } from "./prepare_query.ts";
