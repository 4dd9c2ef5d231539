import { putF16 } from "./f16_bits.ts";
import { fitRange, type Range } from "./fit_range.ts";

/** Code from 0 to `most` that is nearest to a value. */
function codeOf(x: number, { scale, offset }: Range, most: number): number {
  if (!(scale > 0)) return 0;
  return Math.max(0, Math.min(most, Math.floor((x - offset) / scale + 0.5)));
}

/**
 * Writes a block of Q4_1 or Q5_1: 32 elements `d · q + m`, codes of 4 or 5 bits.
 *
 * @returns The larger of both scales, in magnitude.
 */
export function writeRange(
  bits: 4 | 5,
  values: Float32Array,
  at: number,
  out: Uint8Array,
  to: number,
): number {
  const most = (1 << bits) - 1;
  const fit = fitRange(values, at, most, false);
  const scale = putF16(out, to, fit.scale);
  const offset = putF16(out, to + 2, fit.offset);
  const codes = to + (bits === 5 ? 8 : 4);
  for (let i = 0; i < 32; i++) {
    const q = codeOf(values[at + i]!, { scale, offset }, most);
    out[codes + (i & 15)]! |= (q & 15) << (i < 16 ? 0 : 4);
    if (bits === 5) out[to + 4 + (i >> 3)]! |= (q >> 4) << (i & 7);
  }
  return larger(fit.scale, fit.offset);
}

/**
 * Writes a block of Q4_K or Q5_K: eight times 32 elements `d · s · q - dmin · o`,
 * codes q of 4 or 5 bits, s and o of 6.
 *
 * @returns The larger of both scales, in magnitude.
 */
export function writeRanges(
  bits: 4 | 5,
  values: Float32Array,
  at: number,
  out: Uint8Array,
  to: number,
): number {
  const most = (1 << bits) - 1;
  const fits: Range[] = [];
  let [scale, offset] = [0, 0];
  for (let sub = 0; sub < 8; sub++) {
    const fit = fitRange(values, at + 32 * sub, most, true);
    fits.push(fit);
    scale = Math.max(scale, fit.scale / 63);
    offset = Math.max(offset, -fit.offset / 63);
  }
  const d = putF16(out, to, scale);
  const dmin = putF16(out, to + 2, offset);
  const codes = to + (bits === 5 ? 48 : 16);
  for (const [sub, fit] of fits.entries()) {
    const s = sixBits(fit.scale, d);
    const o = sixBits(-fit.offset, dmin);
    putSixBits(out, to + 4, sub, [s, o]);
    const range = { scale: d * s, offset: -dmin * o };
    const from = at + 32 * sub;
    for (let i = 0; i < 32; i++) {
      const q = codeOf(values[from + i]!, range, most);
      out[codes + 32 * (sub >> 1) + i]! |= (q & 15) << (4 * (sub & 1));
      if (bits === 5) out[to + 16 + i]! |= (q >> 4) << sub;
    }
  }
  return larger(scale, offset);
}

function sixBits(value: number, unit: number): number {
  return unit > 0 ? Math.min(63, Math.floor(value / unit + 0.5)) : 0;
}

/** Scale and offset of sub-block `i` in 12 bytes, as `dequantize_k.ts` reads them. */
function putSixBits(
  out: Uint8Array,
  to: number,
  i: number,
  [scale, offset]: readonly [number, number],
): void {
  if (i < 4) {
    out[to + i]! |= scale;
    out[to + 4 + i]! |= offset;
    return;
  }
  out[to + 4 + i] = (scale & 15) | ((offset & 15) << 4);
  out[to + i - 4]! |= (scale >> 4) << 6;
  out[to + i]! |= (offset >> 4) << 6;
}

function larger(a: number, b: number): number {
  return Math.max(Math.abs(a), Math.abs(b));
}
