/** Types of samples by what they mean, in the words of the decoder. */
type Samples = Readonly<Record<string, readonly string[]>>;

/**
 * What is read: formats, the meaning of their samples, and their types.
 *
 * Everything else is refused, since the decoder takes unknown samples for
 * those that it knows.
 */
export const READ_FORMATS: Readonly<Record<string, Samples>> = {
  png: {
    "b-w": ["uchar"],
    grey16: ["ushort"],
    srgb: ["uchar"],
    rgb16: ["ushort"],
  },
  jpeg: { "b-w": ["uchar"], srgb: ["uchar"], cmyk: ["uchar"] },
  webp: { srgb: ["uchar"] },
  gif: { "b-w": ["uchar"], srgb: ["uchar"] },
  tiff: {
    "b-w": ["uchar"],
    grey16: ["ushort"],
    srgb: ["uchar"],
    rgb16: ["ushort"],
    cmyk: ["uchar", "ushort"],
  },
  heif: { srgb: ["uchar"], rgb16: ["ushort"] },
  svg: { srgb: ["uchar"] },
};

/** Most channels by space, one of them opacity. */
export const MOST_CHANNELS: Readonly<Record<string, number>> = {
  "b-w": 2,
  grey16: 2,
  srgb: 4,
  rgb16: 4,
  cmyk: 5,
};

/** Formats that are reduced while they are read, PNG unless interlaced. */
export const REDUCIBLE_FORMATS: readonly string[] = [
  "jpeg",
  "png",
  "svg",
  "tiff",
  "webp",
];

/** How each format is called, where that differs from its name here. */
export function formatName(format: string): string {
  return { heif: "AVIF", webp: "WebP" }[format] ?? format.toUpperCase();
}

/** First bytes of formats that are not read. */
const STARTS: Readonly<Record<string, readonly string[]>> = {
  BMP: ["BM"],
  "JPEG XL": ["\xff\x0a", "\0\0\0\x0cJXL "],
  "JPEG 2000": ["\0\0\0\x0cjP  ", "\xff\x4f\xff\x51"],
  Photoshop: ["8BPS"],
  PDF: ["%PDF"],
  PostScript: ["%!PS"],
  ICO: ["\0\0\x01\0", "\0\0\x02\0"],
  OpenEXR: ["v/1\x01"],
  "Radiance HDR": ["#?RADIANCE", "#?RGBE"],
  PNM: [1, 2, 3, 4, 5, 6, 7].flatMap((n) => [`P${n}\n`, `P${n} `]),
  QOI: ["qoif"],
  DDS: ["DDS "],
  "raw data of a camera": [
    "FUJIFILMCCD-RAW",
    "II*\0\x10\0\0\0CR",
    "IIRO",
    "IIRS",
    "IIU\0",
    "MMOR",
  ],
  "a film": ["\x1aE\xdf\xa3"],
};

/** Name of a format that is known and not read. */
export function unreadFormat(bytes: Uint8Array): string | undefined {
  const start = ascii(bytes, 0, 16);
  if (start.slice(4, 8) === "ftyp") return unreadBrand(bytes);
  return Object.keys(STARTS).find((name) =>
    STARTS[name]!.some((known) => start.startsWith(known))
  );
}

/** Source: ISO/IEC 14496-12, 4.3, and 23008-12, annex B. */
function unreadBrand(bytes: Uint8Array): string | undefined {
  const [major = "", _version, ...compatible] =
    ascii(bytes, 8, Math.min(bytes[2]! << 8 | bytes[3]!, 256)).match(
      /.{4}/gs,
    ) ??
      [];
  const brands = [major, ...compatible];
  if (major === "avis") return "an AVIF sequence";
  if (brands.includes("avif")) return undefined;
  if (brands.some((brand) => /^he[iv][cmsx]$/.test(brand))) return "HEIC";
  if (major === "crx ") return "raw data of a camera";
  return /^(?:mif1|miaf)$/.test(major) ? undefined : "a film";
}

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

/** How a picture that is not read becomes one that is. */
export function conversion(name: string): string {
  return name === "HEIC"
    ? "convert it to JPEG, as with `heif-convert INPUT OUTPUT.jpg`, or have the phone save JPEG"
    : "convert it to PNG of 8 bits in sRGB, as with `magick 'INPUT[0]' -colorspace sRGB -depth 8 OUTPUT.png`";
}
