/**
 * Quantised copies of models: safetensors in diffusers' folders to GGUF.
 *
 * ```ts
 * import { CONVERT_TYPES } from "@edit-transfer/convert";
 * import assert from "node:assert/strict";
 *
 * assert.ok(CONVERT_TYPES.includes("q8_0"));
 * ```
 *
 * @module
 */
export {
  type ConvertedArray,
  convertModel,
  type ConvertModelOptions,
} from "./convert_model.ts";
export { QUANTIZED_AS, quantizedOutline } from "./quantized_outline.ts";
export type { ConversionError } from "./rows.ts";
export { CONVERT_TYPES, type ConvertRule, type ConvertType } from "./rules.ts";
