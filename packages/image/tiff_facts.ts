const SIZES: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 16: 8 };

/**
 * First values of the tags of the first picture.
 *
 * Source: TIFF 6.0, section 2, and BigTIFF.
 */
function readTags(bytes: Uint8Array): Map<number, number> {
  if (bytes.length < 16) return new Map();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = bytes[0] === 0x49;
  const big = view.getUint16(2, little) === 43;
  const word = (at: number) =>
    big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little);
  const first = word(big ? 8 : 4);
  if (first + 8 > bytes.length) return new Map();
  const count = big ? word(first) : view.getUint16(first, little);
  const [entries, entrySize] = big ? [first + 8, 20] : [first + 2, 12];
  const tags = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const at = entries + i * entrySize;
    if (at + entrySize > bytes.length) break;
    const size = SIZES[view.getUint16(at + 2, little)] ?? 0;
    const values = word(at + 4);
    const field = at + (big ? 12 : 8);
    const place = size * values > (big ? 8 : 4) ? word(field) : field;
    if (size === 0 || values === 0 || place + size > bytes.length) continue;
    tags.set(
      view.getUint16(at, little),
      size === 1
        ? view.getUint8(place)
        : size === 2
        ? view.getUint16(place, little)
        : size === 4
        ? view.getUint32(place, little)
        : Number(view.getBigUint64(place, little)),
    );
  }
  return tags;
}

const MEANINGS: Readonly<Record<number, string>> = {
  4: "a mask",
  6: "YCbCr outside of JPEG",
  8: "CIE Lab",
  9: "ICC Lab",
  10: "ITU Lab",
  32803: "raw data of a sensor",
  32844: "LogL",
  32845: "LogLuv",
  34892: "raw data of a sensor",
};

const FORMATS: Readonly<Record<number, string>> = {
  2: "signed",
  3: "fractions",
  5: "complex",
  6: "complex",
};

/** Whether a file starts as TIFF and BigTIFF files do. */
function isTiff(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes;
  return a === b &&
    (a === 0x49 && (c === 42 || c === 43) && d === 0 ||
      a === 0x4d && c === 0 && (d === 42 || d === 43));
}

/**
 * Why a TIFF file is not read, if there is a reason: the decoder would take its
 * samples for others, or its first picture is not the one that is meant.
 */
export function tiffFault(bytes: Uint8Array): string | undefined {
  if (!isTiff(bytes)) return undefined;
  const tags = readTags(bytes);
  const tag = (id: number, absent: number) => tags.get(id) ?? absent;
  const [bits, meaning, format] = [tag(258, 1), tag(262, 1), tag(339, 1)];
  if (tags.has(50706)) return "it must not be raw data of a camera: it is DNG";
  if ((tag(254, 0) & 1) === 1) {
    return "its first picture must be the whole one: it is a thumbnail";
  }
  const inJpeg = meaning === 6 && tag(259, 1) === 7;
  if (![0, 1, 2, 3, 5].includes(meaning) && !inJpeg) {
    return "its samples must be grey, RGB, CMYK or of a palette: they are " +
      (MEANINGS[meaning] ?? `of kind ${meaning}`);
  }
  if (format in FORMATS || ![1, 2, 4, 8, 16].includes(bits)) {
    return "its samples must be integers >= 0 of 1, 2, 4, 8 or 16 bits: they " +
      `are ${FORMATS[format] ?? "integers"} of ${bits} bits`;
  }
  if (meaning === 5 && tag(332, 1) !== 1) {
    return "its inks must be CMYK: they are others";
  }
  if (tag(284, 1) === 2 && tags.has(322)) {
    return "its tiles must hold all channels: each holds one";
  }
  return undefined;
}

/** Whether the channel after the colours is something else than opacity. */
export function hasUnknownExtra(bytes: Uint8Array): boolean {
  return isTiff(bytes) && readTags(bytes).get(338) === 0;
}
