import type { BlockReader } from "./block_reader.ts";

/** Values of the four bits of IQ4_NL and IQ4_XS, finer around 0. */
// deno-fmt-ignore
const FINER = [
  -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
];
/** Twice the values of e2m1, the four bits of MXFP4. */
const E2M1 = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/** Types whose four bits stand for values of a table. */
export const dequantizeTable: Readonly<
  Record<"IQ4_NL" | "IQ4_XS" | "MXFP4", BlockReader>
> = {
  IQ4_NL(bytes, at, scale, out, to) {
    readNibbles(bytes, at + 2, { table: FINER, scale: scale(at), out, to });
  },
  IQ4_XS(bytes, at, scale, out, to) {
    const d = scale(at);
    const highs = bytes[at + 2]! | (bytes[at + 3]! << 8);
    for (let sub = 0; sub < 8; sub++) {
      const low = bytes[at + 4 + (sub >> 1)]! >> (4 * (sub & 1));
      const high = highs >> (2 * sub);
      const s = ((low & 15) | ((high & 3) << 4)) - 32;
      readNibbles(bytes, at + 8 + 16 * sub, {
        table: FINER,
        scale: d * s,
        out,
        to: to + 32 * sub,
      });
    }
  },
  MXFP4(bytes, at, _, out, to) {
    const scale = 2 ** (bytes[at]! - 128); // half of e8m0, as the table is doubled
    readNibbles(bytes, at + 1, { table: E2M1, scale, out, to });
  },
};

/** 32 elements, the lower halves of 16 bytes first. */
function readNibbles(
  bytes: Uint8Array,
  at: number,
  { table, scale, out, to }: {
    readonly table: readonly number[];
    readonly scale: number;
    readonly out: Float32Array;
    readonly to: number;
  },
): void {
  for (let i = 0; i < 16; i++) {
    const both = bytes[at + i]!;
    out[to + i] = scale * table[both & 15]!;
    out[to + 16 + i] = scale * table[both >> 4]!;
  }
}
