/**
 * Widens bfloat16 to float32, exactly: the bits become the upper half.
 *
 * @param bits Bit patterns of bfloat16 values.
 * @returns The same values.
 *
 * @example Usage
 * ```ts
 * import { bf16ToF32 } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...bf16ToF32(Uint16Array.of(0x3f80, 0xc000))], [1, -2]);
 * ```
 */
export function bf16ToF32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = bits[i]! << 16;
  return new Float32Array(wide.buffer);
}

/**
 * Rounds float32 to bfloat16, to nearest with ties to even.
 *
 * Overflow becomes infinity; NaN stays NaN with its sign.
 *
 * @param values Values to round.
 * @returns Bit patterns of the rounded values.
 *
 * @example Usage
 * ```ts
 * import { bf16ToF32, f32ToBf16 } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const rounded = bf16ToF32(f32ToBf16(Float32Array.of(1 / 3)));
 *
 * assert.deepEqual([...rounded], [0.333984375]);
 * ```
 */
export function f32ToBf16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(
    values.buffer,
    values.byteOffset,
    values.length,
  );
  const narrow = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const b = bits[i]!;
    narrow[i] = (b & 0x7fffffff) > 0x7f800000
      ? (b >>> 16) | 0x40 // NaN whose payload is in the lower half
      : (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
  }
  return narrow;
}
