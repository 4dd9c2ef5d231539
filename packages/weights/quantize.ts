import { f32ToF16 } from "./f16.ts";
import { BLOCKS } from "./ggml_type.ts";

/** Types that values can be quantised to. */
export type QuantizeType = "Q8_0" | "Q4_0";

/** Elements of a block of both types. */
const BLOCK = 32;
/** Quotients round the way that GGML rounds, in float32. */
const { fround } = Math;

/** Scale of the block at `at`; writes its quotients to `out` from `to` on. */
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
      out[to + i] = q < 0 ? -Math.floor(0.5 - q) : Math.floor(q + 0.5);
    }
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
      out[to + i] = low | (high << 4);
    }
    return d;
  },
};

/** 1 / d in float32; 0 where d is 0, or so small that its scale is stored as 0. */
function inverseOf(d: number): number {
  const inverse = fround(1 / d);
  return Number.isFinite(inverse) ? inverse : 0;
}

function nibble(value: number, inverse: number): number {
  return Math.min(15, Math.trunc(fround(value * inverse + 8.5)));
}

/**
 * Quantises values in blocks of 32 with one float16 scale d each, as GGML's
 * reference does, to the bit.
 *
 * Q8_0: `q = round(x / d)`, `d = max|x| / 127`. Q4_0: `q = ⌊x / d + 8.5⌋`, at
 * most 15, with `d = x / -8` of the x that is largest in magnitude.
 *
 * Source: `Q8_0` and `Q4_0` in `quants.py` of gguf 0.17.1.
 *
 * @param values Rows of whole blocks.
 * @param type `"Q8_0"` or `"Q4_0"`.
 * @returns The blocks, 34 or 18 bytes each.
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
  if (values.length % BLOCK !== 0) {
    throw new RangeError(
      `Cannot quantize as ${type} has blocks of ${BLOCK} elements: got ${values.length}`,
    );
  }
  const { blockBytes } = BLOCKS[type];
  const blocks = values.length / BLOCK;
  const write = WRITERS[type];
  const out = new Uint8Array(blocks * blockBytes);
  const scales = new Float32Array(blocks);
  for (let block = 0; block < blocks; block++) {
    scales[block] = write(values, block * BLOCK, out, block * blockBytes + 2);
  }
  const bits = f32ToF16(scales);
  for (let block = 0; block < blocks; block++) {
    const scale = bits[block]!;
    if ((scale & 0x7c00) === 0x7c00) {
      throw new RangeError(
        `Cannot quantize as the scales of ${type} must fit float16: got ${
          scales[block]
        } in block ${block}`,
      );
    }
    out[block * blockBytes] = scale & 0xff;
    out[block * blockBytes + 1] = scale >> 8;
  }
  return out;
}
