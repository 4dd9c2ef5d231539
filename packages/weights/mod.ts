/**
 * Bytes to named arrays and back: safetensors in one file or in shards, GGUF,
 * element types, names of other layouts, and the errors that tell what a model
 * misses.
 *
 * A file is checked before any array is read; arrays are read one at a time.
 *
 * @example Usage
 * ```ts
 * import { memoryWeights, requireTensor, widen } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const source = memoryWeights({
 *   bias: { dtype: "F16", shape: [2], data: Float32Array.of(1, 2) },
 * });
 * const { dtype } = requireTensor(source, "bias", [2]);
 *
 * assert.deepEqual([...widen(await source.read("bias"), dtype)], [1, 2]);
 * ```
 *
 * @module
 */
export * from "./bf16.ts";
export { widenBnb4 } from "./bnb4_weights.ts";
export { countBlocks } from "./count_blocks.ts";
export { dequantize, dequantizeInto } from "./dequantize.ts";
export * from "./dtype.ts";
export * from "./f16.ts";
export * from "./f8.ts";
export { filterWeights } from "./filter_weights.ts";
export { foreignQuantization, TAKE_ANOTHER } from "./foreign_quantization.ts";
export * from "./format_error.ts";
export { widenFp8 } from "./fp8_weights.ts";
export {
  type Block,
  BLOCKS,
  type GgmlBlockName,
  type GgmlTypeName,
  type QuantizedTypeName,
} from "./ggml_type.ts";
export { openGguf } from "./gguf_file.ts";
export {
  type GgufLayout,
  type GgufTensor,
  type GgufValue,
  layOutGguf,
} from "./gguf_writer.ts";
export { type KeyMap, type KeyMapEntry } from "./key_map.ts";
export { KEY_MAP_BFL_FLUX } from "./key_map_bfl_flux.ts";
export { mapKeys, type MapKeysOptions } from "./map_keys.ts";
export {
  memoryWeights,
  type StreamedTensor,
  type TensorData,
} from "./memory_weights.ts";
export * from "./model_config.ts";
export { firstBadBlock } from "./first_bad_block.ts";
export { narrowF64 } from "./narrow_f64.ts";
export * from "./nearest_name.ts";
export { NF4_CODE } from "./nf4.ts";
export * from "./open_weights.ts";
export { quantize, type QuantizeType } from "./quantize.ts";
export { readRows } from "./read_rows.ts";
export { readStored } from "./read_stored.ts";
export { requireTensor } from "./require_tensor.ts";
export type { RowRange } from "./row_range.ts";
export { openSafetensors } from "./safetensors_file.ts";
export {
  writeSafetensors,
  type WriteSafetensorsOptions,
} from "./safetensors_writer.ts";
export { unmapKeys } from "./unmap_keys.ts";
export * from "./weight_error.ts";
export * from "./weight_source.ts";
export * from "./widen.ts";
export { widenWeights } from "./widen_weights.ts";
