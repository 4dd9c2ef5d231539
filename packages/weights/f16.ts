import { allF16, f16Bits } from "./f16_bits.ts";

/**
 * Widens float16 (IEEE 754 binary16) to float32, exactly.
 *
 * @param bits Bit patterns of float16 values.
 * @returns The same values.
 *
 * @example Usage
 * ```ts
 * import { f16ToF32 } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...f16ToF32(Uint16Array.of(0x3c00, 0xc000))], [1, -2]);
 * ```
 */
export function f16ToF32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const table = allF16();
  const wide = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = table[bits[i]!]!;
  return wide;
}

/**
 * Rounds float32 to float16 (IEEE 754 binary16), to nearest with ties to even.
 *
 * Magnitudes from 65520 on become infinity; NaN stays NaN.
 *
 * @param values Values to round.
 * @returns Bit patterns of the rounded values.
 *
 * @example Usage
 * ```ts
 * import { f16ToF32, f32ToF16 } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const rounded = f16ToF32(f32ToF16(Float32Array.of(1 / 3, 1e6)));
 *
 * assert.deepEqual([...rounded], [0.333251953125, Infinity]);
 * ```
 */
export function f32ToF16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(
    values.buffer,
    values.byteOffset,
    values.length,
  );
  const narrow = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) narrow[i] = f16Bits(bits[i]!);
  return narrow;
}
