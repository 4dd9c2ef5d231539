import { putF16 } from "./f16_bits.ts";
import { BLOCKS } from "./ggml_type.ts";
import { writeRange, writeRanges } from "./quantize_range.ts";

/** Types that values can be quantised to. */
export type QuantizeType =
  | "Q8_0"
  | "Q4_0"
  | "Q4_1"
  | "Q5_1"
  | "Q4_K"
  | "Q5_K";

/** Elements of a block of Q8_0 and Q4_0. */
const BLOCK = 32;
/** Quotients round the way that GGML rounds, in float32. */
const { fround } = Math;

/** Writes the block at `at` to `out` from `to` on; gives its largest scale. */
type BlockWriter = (
  values: Float32Array,
  at: number,
  out: Uint8Array,
  to: number,
) => number;

const WRITERS: Readonly<Record<QuantizeType, BlockWriter>> = {
  Q8_0(values, at, out, to) {
    let most = 0;
    for (let i = 0; i < BLOCK; i++) {
      most = Math.max(most, Math.abs(values[at + i]!));
    }
    const d = fround(most / 127);
    const inverse = inverseOf(d);
    for (let i = 0; i < BLOCK; i++) {
      const q = fround(values[at + i]! * inverse);
      // halves away from zero
      out[to + 2 + i] = q < 0 ? -Math.floor(0.5 - q) : Math.floor(q + 0.5);
    }
    putF16(out, to, d);
    return d;
  },
  Q4_0(values, at, out, to) {
    let most = values[at]!; // of zeros, the sign of the first
    for (let i = 0; i < BLOCK; i++) {
      const value = values[at + i]!;
      if (Number.isNaN(value)) return value;
      if (Math.abs(value) > Math.abs(most)) most = value;
    }
    const d = fround(most / -8);
    const inverse = inverseOf(d);
    for (let i = 0; i < BLOCK / 2; i++) {
      const low = nibble(values[at + i]!, inverse);
      const high = nibble(values[at + BLOCK / 2 + i]!, inverse);
      out[to + 2 + i] = low | (high << 4);
    }
    putF16(out, to, d);
    return d;
  },
  Q4_1: (values, at, out, to) => writeRange(4, values, at, out, to),
  Q5_1: (values, at, out, to) => writeRange(5, values, at, out, to),
  Q4_K: (values, at, out, to) => writeRanges(4, values, at, out, to),
  Q5_K: (values, at, out, to) => writeRanges(5, values, at, out, to),
};

/** Magnitude from which on float16 is infinite. */
const MOST_F16 = 65520;

/** 1 / d in float32; 0 where d is 0, or so small that its scale is stored as 0. */
function inverseOf(d: number): number {
  const inverse = fround(1 / d);
  return Number.isFinite(inverse) ? inverse : 0;
}

function nibble(value: number, inverse: number): number {
  return Math.min(15, Math.trunc(fround(value * inverse + 8.5)));
}

/**
 * Quantises values in blocks that share float16 scales.
 *
 * To the bit as GGML's reference does, with `d` for 32 values:
 * Q8_0, `q = round(x / d)`, `d = max|x| / 127`; Q4_0, `q = ⌊x / d + 8.5⌋`, at
 * most 15, with `d = x / -8` of the x that is largest in magnitude.
 *
 * With scale and offset searched for the least squared error: Q4_1 and Q5_1,
 * `x ≈ d · q + m` for 32 values; Q4_K and Q5_K, 256 values as eight times 32
 * whose scales and offsets have 6 bits.
 *
 * Source: `quants.py` of gguf 0.17.1, which writes the first two and reads all.
 *
 * @param values Rows of whole blocks.
 * @param type Type of the blocks.
 * @returns The blocks, see {@linkcode BLOCKS} for their size.
 *
 * @throws {RangeError} If values are no whole blocks, or a scale is NaN or too
 * large for float16.
 *
 * @example Usage
 * ```ts
 * import { dequantize, quantize } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const values = Float32Array.from({ length: 32 }, (_, i) => 4 * (i - 16));
 * const blocks = quantize(values, "Q4_0");
 *
 * assert.equal(blocks.length, 18);
 * assert.equal(dequantize(blocks, "Q4_0")[0], -64);
 * ```
 */
export function quantize(
  values: Float32Array,
  type: QuantizeType,
): Uint8Array<ArrayBuffer> {
  const { blockElements, blockBytes } = BLOCKS[type];
  if (values.length % blockElements !== 0) {
    throw new RangeError(
      `Cannot quantize as ${type} has blocks of ${blockElements} elements: got ${values.length}`,
    );
  }
  const blocks = values.length / blockElements;
  const write = WRITERS[type];
  const out = new Uint8Array(blocks * blockBytes);
  for (let block = 0; block < blocks; block++) {
    const scale = write(values, block * blockElements, out, block * blockBytes);
    if (!(Math.abs(scale) < MOST_F16)) {
      throw new RangeError(
        `Cannot quantize as the scales of ${type} must fit float16: got ${scale} in block ${block}`,
      );
    }
  }
  return out;
}
