/** 8-bit float types of safetensors that hold weights. */
export type F8DType = "F8_E4M3" | "F8_E5M2";

const tables: Partial<Record<F8DType, Float32Array<ArrayBuffer>>> = {};

/**
 * Widens 8-bit floats to float32, exactly.
 *
 * `"F8_E4M3"` is `torch.float8_e4m3fn`: no infinity, NaN where all bits but the
 * sign are set, largest 448. `"F8_E5M2"` is as IEEE 754 would have it, largest
 * 57344.
 *
 * Source: Micikevicius et al. 2022, https://arxiv.org/abs/2209.05433, table 1.
 *
 * @param bits Bit patterns.
 * @param dtype Which of the two.
 * @returns The same values.
 *
 * @example Usage
 * ```ts
 * import { f8ToF32 } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...f8ToF32(Uint8Array.of(0x38, 0xfe), "F8_E4M3")], [1, -448]);
 * assert.deepEqual([...f8ToF32(Uint8Array.of(0x3c, 0x7c), "F8_E5M2")], [1, Infinity]);
 * ```
 */
export function f8ToF32(
  bits: Uint8Array,
  dtype: F8DType,
): Float32Array<ArrayBuffer> {
  const table = tables[dtype] ??= Float32Array.from(
    { length: 256 },
    (_, pattern) => dtype === "F8_E4M3" ? e4m3(pattern) : e5m2(pattern),
  );
  const wide = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = table[bits[i]!]!;
  return wide;
}

function e4m3(pattern: number): number {
  if ((pattern & 0x7f) === 0x7f) return NaN;
  return value(pattern, { mantissaBits: 3, bias: 7 });
}

function e5m2(pattern: number): number {
  if ((pattern & 0x7c) !== 0x7c) {
    return value(pattern, { mantissaBits: 2, bias: 15 });
  }
  if ((pattern & 3) !== 0) return NaN;
  return pattern < 0x80 ? Infinity : -Infinity;
}

function value(
  pattern: number,
  { mantissaBits, bias }: { mantissaBits: number; bias: number },
): number {
  const sign = pattern < 0x80 ? 1 : -1;
  const exponent = (pattern & 0x7f) >> mantissaBits;
  const fraction = (pattern & ((1 << mantissaBits) - 1)) / (1 << mantissaBits);
  return exponent === 0
    ? sign * fraction * 2 ** (1 - bias)
    : sign * (1 + fraction) * 2 ** (exponent - bias);
}
