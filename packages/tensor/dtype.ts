import {
  type Block,
  BLOCKS,
  type QuantizedTypeName,
} from "@edit-transfer/weights";

/** Element types whose elements stand one by one. */
export type DenseDType = "f32" | "f16" | "bf16" | "i32";

/**
 * Types of weights that stay in blocks: GGML's as a file has them, 32 or 256
 * neighbours of a row together, or 64 of 8 or 4 bits beside their scale. Only
 * {@linkcode matmul}, {@linkcode linear} and {@linkcode dequantize} read them.
 */
export type QuantizedDType = Lowercase<QuantizedTypeName>;

/**
 * Element type of a tensor. Activations are `f32`; `f16`, `bf16` and blocks
 * store weights and are widened exactly where they are read; `i32` holds indices.
 */
export type DType = DenseDType | QuantizedDType;

/** Bytes of one element, by type. */
export const DTYPE_BYTES: Readonly<Record<DenseDType, number>> = {
  f32: 4,
  f16: 2,
  bf16: 2,
  i32: 4,
};

/** Elements and bytes of a block, by type. */
export const DTYPE_BLOCKS: Readonly<
  Record<QuantizedDType, Block>
> = Object.fromEntries(
  Object.entries(BLOCKS).map(([name, block]) => [name.toLowerCase(), block]),
) as Record<QuantizedDType, typeof BLOCKS[QuantizedTypeName]>;

/**
 * Whether elements of a type stand in blocks.
 *
 * @param dtype Element type.
 * @returns `true` for blocks, `false` for single elements.
 *
 * @example Usage
 * ```ts
 * import { isQuantized } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * assert.ok(isQuantized("q8_0"));
 * assert.ok(!isQuantized("bf16"));
 * ```
 */
export function isQuantized(dtype: DType): dtype is QuantizedDType {
  return Object.hasOwn(DTYPE_BLOCKS, dtype);
}

/**
 * Bytes of so many elements, e.g. to plan memory.
 *
 * @param dtype Element type.
 * @param elements Number of elements; whole blocks of a type that has them.
 * @returns Bytes.
 *
 * @example Usage
 * ```ts
 * import { storageBytes } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * assert.equal(storageBytes("bf16", 64), 128);
 * assert.equal(storageBytes("q8_0", 64), 68); // 2 blocks of 32 values and a scale
 * ```
 */
export function storageBytes(dtype: DType, elements: number): number {
  if (!isQuantized(dtype)) return elements * DTYPE_BYTES[dtype];
  const { blockElements, blockBytes } = DTYPE_BLOCKS[dtype];
  return elements / blockElements * blockBytes;
}

/**
 * The type of a tensor whose elements an operation reads or writes one by one.
 *
 * @param op Name of the operation, for the message.
 * @param dtype Element type.
 * @returns The same type.
 *
 * @throws {TypeError} If elements stand in blocks.
 */
export function denseDType(op: string, dtype: DType): DenseDType {
  if (!isQuantized(dtype)) return dtype;
  throw new TypeError(
    `Cannot run ${op} as elements must stand one by one: got blocks of ${dtype}, dequantize them first`,
  );
}
