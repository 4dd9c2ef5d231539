import { f8ToF32 } from "./f8.ts";

/**
 * Blocks of scaled 8-bit floats: the float32 scale, then 64 neighbours of a row
 * in e4m3. They take 17 bytes for 16 weights, and `scale · w` is exact in none
 * of the 16-bit types.
 */
export const SCALED_F8 = { blockElements: 64, blockBytes: 4 + 64 } as const;

/** Scales from which on `scale · 448` may be infinite. */
const TOO_LARGE = 2 ** 119;

/**
 * Puts scales in front of each 64 elements.
 *
 * @param bits Rows of elements.
 * @param scaleOf Scale of a row.
 * @param width Elements of a row, whole blocks.
 * @param out Memory of the blocks, of which `bits` may be the end.
 */
export function packScaledF8(
  bits: Uint8Array,
  scaleOf: (row: number) => number,
  width: number,
  out: Uint8Array,
): void {
  const { blockElements, blockBytes } = SCALED_F8;
  const perRow = width / blockElements;
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  const base = bits.byteOffset - out.byteOffset;
  const inPlace = bits.buffer === out.buffer;
  for (let block = 0; block < bits.length / blockElements; block++) {
    const from = block * blockElements;
    const to = block * blockBytes;
    if (inPlace) {
      out.copyWithin(to + 4, base + from, base + from + blockElements);
    } else {
      out.set(bits.subarray(from, from + blockElements), to + 4);
    }
    view.setFloat32(to, scaleOf(Math.floor(block / perRow)), true);
  }
}

const float = new Float32Array(1);
const bytesOfFloat = new Uint8Array(float.buffer);
let table: Float32Array | undefined;

/** Writes the elements of the block at `at` to `out` from `to` on, as float32. */
export function readScaledF8(
  bytes: Uint8Array,
  at: number,
  out: Float32Array,
  to: number,
): void {
  table ??= f8ToF32(Uint8Array.from({ length: 256 }, (_, i) => i), "F8_E4M3");
  for (let i = 0; i < 4; i++) bytesOfFloat[i] = bytes[at + i]!;
  const scale = float[0]!;
  for (let i = 0; i < SCALED_F8.blockElements; i++) {
    out[to + i] = scale * table[bytes[at + 4 + i]!]!;
  }
}

/** Byte at which the first block begins with a value that is NaN or infinite, or -1. */
export function firstBadScaledF8(blocks: Uint8Array<ArrayBuffer>): number {
  const { buffer, byteOffset, length } = blocks.byteOffset % 4 === 0
    ? blocks
    : blocks.slice();
  const words = new Uint32Array(buffer, byteOffset, length / 4);
  const floats = new Float32Array(buffer, byteOffset, length / 4);
  const count = SCALED_F8.blockBytes / 4;
  for (let at = 0; at < words.length; at += count) {
    let bad = !(Math.abs(floats[at]!) < TOO_LARGE);
    for (let i = 1; i < count; i++) {
      // NaN is all bits but the sign: the only 7 bits that 1 carries out of
      const carried = (words[at + i]! & 0x7f7f7f7f) + 0x01010101;
      if ((carried & 0x80808080) !== 0) bad = true;
    }
    if (bad) return 4 * at;
  }
  return -1;
}
