let table: Float32Array<ArrayBuffer> | undefined;

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
  table ??= allValues();
  const wide = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = table[bits[i]!]!;
  return wide;
}

/** Value of each of the 65,536 bit patterns. */
function allValues(): Float32Array<ArrayBuffer> {
  const values = new Float32Array(0x10000);
  for (let bits = 0; bits < 0x10000; bits++) {
    const exponent = (bits >>> 10) & 0x1f;
    const mantissa = bits & 0x3ff;
    const magnitude = exponent === 0
      ? mantissa * 2 ** -24
      : exponent < 31
      ? (1024 + mantissa) * 2 ** (exponent - 25)
      : mantissa === 0
      ? Infinity
      : NaN;
    values[bits] = bits & 0x8000 ? -magnitude : magnitude;
  }
  return values;
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
  for (let i = 0; i < bits.length; i++) narrow[i] = round(bits[i]!);
  return narrow;
}

function round(b: number): number {
  const sign = (b >>> 16) & 0x8000;
  const magnitude = b & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520
  if (magnitude >= 0x38800000) { // 2^-14, the smallest normal
    const rebiased = magnitude - 0x38000000;
    return sign | (rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13;
  }
  if (magnitude < 0x33000000) return sign; // below half of 2^-24
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - (magnitude >>> 23); // 14 to 24
  const half = 1 << (shift - 1);
  const odd = (mantissa >>> shift) & 1;
  return sign | (mantissa + half - 1 + odd) >>> shift;
}
