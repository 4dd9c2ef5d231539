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

/** Where the two bits of element `i` are in their byte. */
function twoBits(i: number): number {
  return 2 * ((i >> 5) & 3);
}

/** Scale `i` of Q3_K, 6 bits less 32: 8 bytes of lower halves, 4 of upper bits. */
function sixBits(bytes: Uint8Array, at: number, i: number): number {
  const low = bytes[at + (i & 7)]! >> (i < 8 ? 0 : 4);
  const high = bytes[at + 8 + (i & 3)]! >> (2 * (i >> 2));
  return ((low & 15) | ((high & 3) << 4)) - 32;
}

/** The K types: 256 elements in sub-blocks, whose scales are quantised too. */
export const dequantizeK: Readonly<
  Record<"Q2_K" | "Q3_K" | "Q4_K" | "Q5_K" | "Q6_K", BlockReader>
> = {
  Q2_K(bytes, at, scale, out, to) {
    const d = scale(at + 80);
    const dmin = scale(at + 82);
    for (let i = 0; i < 256; i++) {
      const sub = bytes[at + (i >> 4)]!;
      const q = bytes[at + 16 + 32 * (i >> 7) + (i & 31)]! >> twoBits(i);
      out[to + i] = d * (sub & 15) * (q & 3) - dmin * (sub >> 4);
    }
  },
  Q3_K(bytes, at, scale, out, to) {
    const d = scale(at + 108);
    for (let i = 0; i < 256; i++) {
      const low = bytes[at + 32 + 32 * (i >> 7) + (i & 31)]! >> twoBits(i);
      const isHigh = (bytes[at + (i & 31)]! >> (i >> 5)) & 1;
      const q = (low & 3) - (isHigh ? 0 : 4);
      out[to + i] = d * sixBits(bytes, at + 96, i >> 4) * q;
    }
  },
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
