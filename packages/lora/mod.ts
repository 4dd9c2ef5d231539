/**
 * Low-rank adapters: read from a file, attached to a model while it runs.
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
 * const kohya = memoryWeights({ "lora_unet_double_blocks_0_img_attn_qkv.alpha": scalar });
 * await assert.rejects(readLora(kohya), LoraError);
 * ```
 *
 * @module
 */
export * from "./attach_lora.ts";
export * from "./lora_error.ts";
export * from "./lora_file.ts";
export * from "./read_lora.ts";
