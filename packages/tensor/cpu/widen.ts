import type { Tensor } from "../tensor.ts";
import { cpuStorage } from "./storage.ts";

const bits = new Uint32Array(1);
const value = new Float32Array(bits.buffer);

/** Value of a bf16 pattern: the upper half of an f32. */
export function bf16ToF32(pattern: number): number {
  bits[0] = pattern << 16;
  return value[0]!;
}

/** Value of an f16 pattern. */
export function f16ToF32(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >> 10) & 31;
  const mantissa = pattern & 1023;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return exponent === 0
    ? sign * mantissa * 2 ** -24
    : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** Pattern of the bf16 nearest to a value, ties to even. */
export function f32ToBf16(x: number): number {
  value[0] = x;
  const u = bits[0]!;
  if (x !== x) return u >>> 16 | 0x40; // stays NaN when the low half is cut
  return (u + 0x7fff + (u >>> 16 & 1)) >>> 16;
}

const half = new DataView(new ArrayBuffer(2));

/** Pattern of the f16 nearest to a value, ties to even. */
export function f32ToF16(x: number): number {
  half.setFloat16(0, x);
  return half.getUint16(0);
}

/** Elements of a tensor as f32: in place if they are, else a widened copy. */
export function widened(tensor: Tensor): Float32Array {
  const storage = cpuStorage(tensor);
  if (tensor.dtype === "f32") return storage.f32;
  const widen = tensor.dtype === "bf16" ? bf16ToF32 : f16ToF32;
  return Float32Array.from(storage.u16, widen);
}
