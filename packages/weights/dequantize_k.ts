import type { BlockReader } from "./block_reader.ts";

/** Scale of sub-block `i`, 6 bits, in 12 bytes that hold 8 scales and 8 offsets. */
function subScale(bytes: Uint8Array, at: number, i: number): number {
  return i < 4
    ? bytes[at + i]! & 63
    : (bytes[at + 4 + i]! & 15) | ((bytes[at + i - 4]! >> 2) & 48);
}

/** Offset of sub-block `i`. */
function subOffset(bytes: Uint8Array, at: number, i: number): number {
  return i < 4
    ? bytes[at + 4 + i]! & 63
    : (bytes[at + 4 + i]! >> 4) | ((bytes[at + i]! >> 2) & 48);
}

/** The K types: 256 elements in sub-blocks, whose scales are quantised too. */
export const dequantizeK: Readonly<
  Record<"Q4_K" | "Q5_K" | "Q6_K", BlockReader>
> = {
  Q4_K(bytes, at, scale, out, to) {
    const d = scale(at);
    const dmin = scale(at + 2);
    for (let sub = 0; sub < 8; sub++) {
      const dl = d * subScale(bytes, at + 4, sub);
      const ml = dmin * subOffset(bytes, at + 4, sub);
      const q = at + 16 + 32 * (sub >> 1);
      const shift = 4 * (sub & 1);
      for (let i = 0; i < 32; i++) {
        out[to + 32 * sub + i] = dl * ((bytes[q + i]! >> shift) & 15) - ml;
      }
    }
  },
  Q5_K(bytes, at, scale, out, to) {
    const d = scale(at);
    const dmin = scale(at + 2);
    for (let sub = 0; sub < 8; sub++) {
      const dl = d * subScale(bytes, at + 4, sub);
      const ml = dmin * subOffset(bytes, at + 4, sub);
      const high = at + 16;
      const q = at + 48 + 32 * (sub >> 1);
      const shift = 4 * (sub & 1);
      for (let i = 0; i < 32; i++) {
        const fifth = (bytes[high + i]! >> sub) & 1;
        out[to + 32 * sub + i] =
          dl * (((bytes[q + i]! >> shift) & 15) | (fifth << 4)) - ml;
      }
    }
  },
  Q6_K(bytes, at, scale, out, to) {
    const d = scale(at + 208);
    for (let i = 0; i < 256; i++) {
      const half = i >> 7;
      const quarter = (i >> 5) & 3;
      const low = bytes[at + 64 * half + (i & 63)]! >> (quarter < 2 ? 0 : 4);
      const high = bytes[at + 128 + 32 * half + (i & 31)]! >> (2 * quarter);
      const q = ((low & 15) | ((high & 3) << 4)) - 32;
      const sub = (bytes[at + 192 + (i >> 4)]! << 24) >> 24;
      out[to + i] = d * sub * q;
    }
  },
};
