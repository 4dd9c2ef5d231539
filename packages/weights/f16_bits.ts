let table: Float32Array<ArrayBuffer> | undefined;

/** Value of each of the 65,536 bit patterns of float16. */
export function allF16(): Float32Array<ArrayBuffer> {
  return table ??= computed();
}

function computed(): Float32Array<ArrayBuffer> {
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

/** Bits of the float16 nearest to a float32, ties to even, from its bits `b`. */
export function f16Bits(b: number): number {
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

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Writes a number as float16; gives the value that is there then. */
export function putF16(out: Uint8Array, to: number, value: number): number {
  float[0] = value;
  const half = f16Bits(bits[0]!);
  out[to] = half & 0xff;
  out[to + 1] = half >> 8;
  return allF16()[half]!;
}
