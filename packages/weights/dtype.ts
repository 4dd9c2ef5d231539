/** Element type of an array in a file, as safetensors spells it. */
export type DType =
  | "BOOL"
  | "U8"
  | "I8"
  | "F8_E5M2"
  | "F8_E4M3"
  | "F8_E8M0"
  | "I16"
  | "U16"
  | "F16"
  | "BF16"
  | "I32"
  | "U32"
  | "F32"
  | "C64"
  | "F64"
  | "I64"
  | "U64";

/** Bytes of one element, for the types that fill whole bytes. */
const SIZES: Readonly<Record<DType, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  F8_E8M0: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  C64: 8,
  F64: 8,
  I64: 8,
  U64: 8,
};

/** Every {@linkcode DType}, in the order in which upstream ranks them. */
export const DTYPES: readonly DType[] = Object.keys(SIZES) as DType[];

/**
 * Size of one element.
 *
 * @param dtype Element type.
 * @returns Bytes, 1 to 8.
 *
 * @example Usage
 * ```ts
 * import { dtypeBytes } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * assert.equal(dtypeBytes("BF16"), 2);
 * ```
 */
export function dtypeBytes(dtype: DType): number {
  return SIZES[dtype];
}

/**
 * Whether a value names an element type.
 *
 * @param value Anything, e.g. a field of a header.
 * @returns `true` for the names in {@linkcode DTYPES}.
 *
 * @example Usage
 * ```ts
 * import { isDType } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * assert.ok(isDType("F32"));
 * assert.ok(!isDType("toString"));
 * ```
 */
export function isDType(value: unknown): value is DType {
  return typeof value === "string" && Object.hasOwn(SIZES, value);
}
