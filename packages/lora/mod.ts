/**
 * Low-rank adapters: read from a file, attached to a model while it runs,
 * trained, written, converted, and merged into the weights.
 *
 * Letters in shapes: r rank, in and out the widths of a layer.
 *
 * @example Usage
 * ```ts
 * import { LoraError, readLora } from "@edit-transfer/lora";
 * import { memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const scalar = { dtype: "F32" as const, shape: [1], data: Float32Array.of(1) };
 * const cut = memoryWeights({ "lora_unet_double_blocks_0_img_attn_qkv.alpha": scalar });
 * await assert.rejects(readLora(cut), LoraError);
 * ```
 *
 * @module
 */
export * from "./attach_lora.ts";
export * from "./describe_layer.ts";
export { initLora, type InitLoraOptions, resumeLora } from "./init_lora.ts";
export { layerShapes } from "./layer_shapes.ts";
export * from "./lora_error.ts";
export * from "./lora_file.ts";
export * from "./lora_part.ts";
export type { LoraStyle } from "./lora_style.ts";
export {
  type LoraContent,
  type LoraMatch,
  matchLora,
  requireMatch,
} from "./match_lora.ts";
export { matchTargets } from "./match_targets.ts";
export { mergeLora, type MergeLoraOptions } from "./merge_lora.ts";
export type { ModelPart } from "./model_part.ts";
export { plainLayers } from "./plain_layers.ts";
export { readLora } from "./read_lora.ts";
export * from "./resolve_gains.ts";
export * from "./save_lora.ts";
export { type BranchValues, TrainableLora } from "./trainable_lora.ts";
export { readTraining, type Training } from "./training.ts";
