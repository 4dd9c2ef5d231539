import { codedColours, type Colours } from "./coded_colours.ts";

/** Boxes that hold boxes, and the bytes before these. */
const INSIDE: Readonly<Record<string, number>> = { meta: 4, iprp: 0, ipco: 0 };

/**
 * Colour space of an AVIF file by its first colr box of kind nclx.
 *
 * Source: ISO/IEC 14496-12, 12.1.5, and 23008-12, 6.5.5.
 */
export function heifColours(bytes: Uint8Array): Colours {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const walk = (from: number, to: number): Colours => {
    for (let at = from; at + 8 <= to;) {
      const size = view.getUint32(at);
      const end = size === 0 ? to : at + size;
      if (end < at + 8 || end > to) return undefined; // also sizes of 64 bits
      const type = ascii(bytes, at + 4);
      if (
        type === "colr" && at + 16 <= end && ascii(bytes, at + 8) === "nclx"
      ) {
        return codedColours(view.getUint16(at + 12), view.getUint16(at + 14));
      }
      const skip = INSIDE[type];
      if (skip !== undefined) {
        const colours = walk(at + 8 + skip, end);
        if (colours !== undefined) return colours;
      }
      at = end;
    }
    return undefined;
  };
  return walk(0, bytes.length);
}

function ascii(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
