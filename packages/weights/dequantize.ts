import type { BlockReader } from "./block_reader.ts";
import { dequantizeK } from "./dequantize_k.ts";
import { dequantizeTable } from "./dequantize_table.ts";
import { allF16 } from "./f16_bits.ts";
import { BLOCKS, type QuantizedTypeName } from "./ggml_type.ts";
import { readNf4 } from "./nf4.ts";
import { readScaledF8 } from "./scaled_f8.ts";

/** Readers by type. */
const READERS: Readonly<Record<QuantizedTypeName, BlockReader>> = {
  Q4_0(bytes, at, scale, out, to) {
    const d = scale(at);
    for (let i = 0; i < 16; i++) {
      const q = bytes[at + 2 + i]!;
      out[to + i] = d * ((q & 15) - 8);
      out[to + 16 + i] = d * ((q >> 4) - 8);
    }
  },
  Q4_1(bytes, at, scale, out, to) {
    const d = scale(at);
    const m = scale(at + 2);
    for (let i = 0; i < 16; i++) {
      const q = bytes[at + 4 + i]!;
      out[to + i] = d * (q & 15) + m;
      out[to + 16 + i] = d * (q >> 4) + m;
    }
  },
  Q5_0(bytes, at, scale, out, to) {
    const d = scale(at);
    for (let i = 0; i < 32; i++) {
      out[to + i] = d * (fiveBits(bytes, at + 2, i) - 16);
    }
  },
  Q5_1(bytes, at, scale, out, to) {
    const d = scale(at);
    const m = scale(at + 2);
    for (let i = 0; i < 32; i++) {
      out[to + i] = d * fiveBits(bytes, at + 4, i) + m;
    }
  },
  Q8_0(bytes, at, scale, out, to) {
    const d = scale(at);
    for (let i = 0; i < 32; i++) {
      out[to + i] = d * ((bytes[at + 2 + i]! << 24) >> 24);
    }
  },
  ...dequantizeK,
  ...dequantizeTable,
  F8_E4M3_SCALED: (bytes, at, _, out, to) => readScaledF8(bytes, at, out, to),
  NF4: (bytes, at, _, out, to) => readNf4(bytes, at, out, to),
};

/** Element of 4 bytes of fifth bits, then 16 bytes of two times four bits. */
function fiveBits(bytes: Uint8Array, at: number, i: number): number {
  const high = (bytes[at + (i >> 3)]! >> (i & 7)) & 1;
  const both = bytes[at + 4 + (i & 15)]!;
  return (i < 16 ? both & 15 : both >> 4) | (high << 4);
}

/**
 * Values of quantised blocks: `scale · q + offset`, rounded to float32 once, as
 * every product but the last operation is exact; of 8-bit floats, `scale · w`; of
 * NF4, `absmax · code` rounded to float32, then to bf16.
 *
 * Source: `quants.py` of gguf 0.19.0, `dequantize_blocks` of each type.
 *
 * @param bytes Whole blocks.
 * @param type Their type, e.g. `"Q8_0"`.
 * @returns The values, as many as the blocks have elements.
 *
 * @example Usage
 * ```ts
 * import { dequantize } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const block = new Uint8Array(34).fill(3); // 32 times 3
 * block.set([0x00, 0x38]); // 0.5 in f16
 *
 * assert.deepEqual([...dequantize(block, "Q8_0")], Array(32).fill(1.5));
 * ```
 */
export function dequantize(
  bytes: Uint8Array,
  type: QuantizedTypeName,
): Float32Array<ArrayBuffer> {
  const { blockElements, blockBytes } = BLOCKS[type];
  const out = new Float32Array(bytes.length / blockBytes * blockElements);
  dequantizeInto(out, bytes, type);
  return out;
}

/**
 * Writes the values of quantised blocks into an array, see {@linkcode dequantize}.
 *
 * @param out Array of as many elements as the blocks have.
 * @param bytes Whole blocks.
 * @param type Their type.
 *
 * @example Usage
 * ```ts
 * import { dequantizeInto } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const block = new Uint8Array(34); // scale 1 in f16, then 32 whole numbers
 * block.set([0x00, 0x3c, 7, 0xff]);
 * const values = new Float32Array(32);
 * dequantizeInto(values, block, "Q8_0");
 * assert.deepEqual([...values.subarray(0, 3)], [7, -1, 0]);
 * ```
 */
export function dequantizeInto(
  out: Float32Array,
  bytes: Uint8Array,
  type: QuantizedTypeName,
): void {
  const { blockElements, blockBytes } = BLOCKS[type];
  const blocks = bytes.length / blockBytes;
  const read = READERS[type];
  const halves = allF16();
  const scale = (at: number) => halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
  for (let block = 0; block < blocks; block++) {
    read(bytes, block * blockBytes, scale, out, block * blockElements);
  }
}
