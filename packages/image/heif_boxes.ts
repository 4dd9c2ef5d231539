import { codedColours, type Colours } from "./coded_colours.ts";

/** Where the properties of pictures are, from the outermost box to the inmost. */
const PROPERTIES = ["meta", "iprp", "ipco"];

/**
 * Contents of one type among the properties of an AVIF file's pictures.
 *
 * Source: ISO/IEC 14496-12, 4.2.
 */
function* properties(
  bytes: Uint8Array,
  wanted: string,
  depth = 0,
): Generator<DataView, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = view.getUint32(at);
    const end = size === 0 ? bytes.length : at + size;
    if (end < at + 8 || end > bytes.length) return; // also sizes of 64 bits
    const type = ascii(bytes, at + 4);
    const content = bytes.subarray(at + 8, end);
    if (depth === PROPERTIES.length && type === wanted) {
      yield new DataView(content.buffer, content.byteOffset, content.length);
    } else if (type === PROPERTIES[depth]) {
      const version = depth === 0 ? 4 : 0; // bytes of it, and of flags
      yield* properties(content.subarray(version), wanted, depth + 1);
    }
    at = end;
  }
}

function ascii(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

/**
 * Colour space of an AVIF file by its first colr box of kind nclx.
 *
 * Source: ISO/IEC 14496-12, 12.1.5.
 */
export function heifColours(bytes: Uint8Array): Colours {
  for (const colr of properties(bytes, "colr")) {
    if (colr.byteLength < 8 || colr.getUint32(0) !== NCLX) continue;
    return codedColours(colr.getUint16(4), colr.getUint16(6));
  }
  return undefined;
}

const NCLX = 0x6e636c78;

/**
 * Extents of the largest picture that an AVIF file says it holds.
 *
 * Source: ISO/IEC 23008-12, 6.5.3.
 */
export function heifExtents(bytes: Uint8Array): [number, number] {
  let largest: [number, number] = [0, 0];
  if (ascii(bytes, 4) !== "ftyp") return largest;
  for (const ispe of properties(bytes, "ispe")) {
    if (ispe.byteLength < 12) continue;
    const [width, height] = [ispe.getUint32(4), ispe.getUint32(8)];
    if (width * height > largest[0] * largest[1]) largest = [width, height];
  }
  return largest;
}
