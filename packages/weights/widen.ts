import { bf16ToF32 } from "./bf16.ts";
import type { DType } from "./dtype.ts";
import { f16ToF32 } from "./f16.ts";
import { f8ToF32 } from "./f8.ts";

/**
 * Values of a floating-point array in a file, exact in float32.
 *
 * @param bytes Little-endian bytes, as {@linkcode WeightSource.read} gives them.
 * @param dtype `"F32"`, `"F16"`, `"BF16"`, `"F8_E4M3"` or `"F8_E5M2"`.
 * @returns The values; for `"F32"` a view on `bytes` where alignment permits.
 *
 * @throws {TypeError} If the type is another one or bytes are left over.
 *
 * @example Usage
 * ```ts
 * import { widen } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...widen(Uint8Array.of(0x80, 0x3f), "BF16")], [1]);
 * ```
 */
export function widen(
  bytes: Uint8Array<ArrayBuffer>,
  dtype: DType,
): Float32Array<ArrayBuffer> {
  if (dtype === "F8_E4M3" || dtype === "F8_E5M2") return f8ToF32(bytes, dtype);
  if (dtype !== "F32" && dtype !== "F16" && dtype !== "BF16") {
    throw new TypeError(
      `Cannot widen an array as its type must be F32, F16, BF16 or F8: got ${dtype}`,
    );
  }
  const size = dtype === "F32" ? 4 : 2;
  if (bytes.length % size !== 0) {
    throw new TypeError(
      `Cannot widen an array as ${dtype} takes ${size} bytes an element: got ${bytes.length} bytes`,
    );
  }
  const { buffer, byteOffset, length } = bytes.byteOffset % size === 0
    ? bytes
    : bytes.slice();
  if (dtype === "F32") return new Float32Array(buffer, byteOffset, length / 4);
  const bits = new Uint16Array(buffer, byteOffset, length / 2);
  return dtype === "F16" ? f16ToF32(bits) : bf16ToF32(bits);
}
