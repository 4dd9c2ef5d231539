import { readGolden } from "@edit-transfer/testing";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { concat } from "./_test_files.ts";
import { decodeImage } from "./decode_image.ts";
import { ImageError } from "./image_error.ts";
import { isPng } from "./png_chunks.ts";

/** What became of the mutations. */
export interface FuzzCounts {
  /** Mutations that still were pictures. */
  readonly read: number;
  /** Mutations that were refused with a sentence. */
  readonly refused: number;
  /** Longest time that one mutation took, in ms. */
  readonly longestMs: number;
}

const MAX_PIXELS = 1_000_000;

/** Names of pictures of each format and depth, by what they are. */
const GOLDEN: Readonly<Record<string, RegExp>> = {
  "PNG, 8 bits": /^(?:rgba?8|greya?8|animated).*\.png$/,
  "PNG, 16 bits": /^(?:rgba?16|greya?16).*\.png$/,
  "PNG, palette and few bits": /^(?:palette.*|grey[124])\.png$/,
  "TIFF, 8 bits": /^(?:rgba?8|greya?8|pages|turned).*\.tif$/,
  "TIFF, 16 bits": /^(?:rgba?16|greya?16).*\.tif$/,
  "TIFF, palette and few bits": /^(?:palette.*|grey[124]|fax.*)\.tif$/,
  "TIFF, CMYK": /^cmyk.*\.tif$/,
  "TIFF, other samples":
    /^(?:(?:grey|rgb)-|rgb10|ycbcr|.*lab|raw|thumbnail).*\.tif$/,
  "JPEG, RGB": /^(?:rgb|turned).*\.jpg$/,
  "JPEG, grey": /^grey.*\.jpg$/,
  "JPEG, CMYK": /^cmyk.*\.jpg$/,
  "WebP": /\.webp$/,
  "GIF": /\.gif$/,
  "AVIF": /\.avif$/,
};

/** Samples of four channels, with opacity, that an encoder is given. */
const SAMPLES = { width: 16, height: 8, channels: 4 } as const;
const sample = () =>
  sharp(Uint8Array.from({ length: 512 }, (_, i) => i * 37), { raw: SAMPLES });
const deep = (bitdepth: 10 | 12) =>
  sample().avif({ bitdepth, quality: 60, effort: 0 }).toBuffer();

/** Pictures that are written here, in the same way. */
const MADE: Readonly<Record<string, () => Promise<readonly Uint8Array[]>>> = {
  "AVIF, 10 bits": async () => [await deep(10)],
  "AVIF, 12 bits": async () => [await deep(12)],
  "WebP, lossy with opacity": async () => [await sample().webp().toBuffer()],
  "SVG": () =>
    Promise.resolve([
      '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="8" ' +
      'viewBox="0 0 16 8"><defs><filter id="f"><feGaussianBlur ' +
      'stdDeviation="1"/></filter><linearGradient id="g"><stop offset="0" ' +
      'stop-color="#123"/></linearGradient></defs><g transform="rotate(9)">' +
      '<rect width="9" height="7" fill="url(#g)" filter="url(#f)"/></g></svg>',
    ].map(binary)),
  "formats that are not read": () =>
    Promise.resolve([
      "BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x02\0\0\0\x01\0\x18",
      "\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x0cmeta\0\0\0\0",
      "\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl ",
      "\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 ",
      "8BPS\0\x01\0\0\0\0\0\0\0\x03\0\0\0\x02\0\0\0\x02\0\x08\0\x03",
      "%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n",
      "\0\0\x01\0\x01\0\x02\x02\0\0\x01\0\x18\0",
      "v/1\x01\x02\0\0\0channels\0",
      "P6\n2 2\n255\n",
      "qoif\0\0\0\x02\0\0\0\x02\x03\0",
      "DDS |\0\0\0",
      "II*\0\x10\0\0\0CR\x02\0",
    ].map((start) => binary(start + "\x7f\0\xff".repeat(40)))),
};

export const FUZZ_KINDS = [...Object.keys(GOLDEN), ...Object.keys(MADE)];

function binary(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

async function picturesOf(kind: string): Promise<readonly Uint8Array[]> {
  const made = MADE[kind];
  if (made !== undefined) return await made();
  const { integers } = readGolden("pictures/colours");
  return Object.keys(integers).filter((name) => GOLDEN[kind]!.test(name))
    .map((name) => Uint8Array.from(integers[name]!));
}

/**
 * Mutates pictures of one kind: each ends in a picture within the pixel limit
 * or in one sentence of ours.
 *
 * @throws {Error} If one does not.
 */
export async function fuzzPictures(
  { kind, seed, runs }: { kind: string; seed: number; runs: number },
): Promise<FuzzCounts> {
  const files = await picturesOf(kind);
  const random = seededRandom(seed);
  const counts = { read: 0, refused: 0, longestMs: 0 };
  for (let i = 0; i < runs; i++) {
    const mutated = mutate(files[i % files.length]!, random);
    const start = performance.now();
    if (await isRead(mutated, `Mutation ${i} of ${kind} with seed ${seed}`)) {
      counts.read++;
    } else counts.refused++;
    counts.longestMs = Math.max(counts.longestMs, performance.now() - start);
  }
  return counts;
}

async function isRead(bytes: Uint8Array, name: string): Promise<boolean> {
  try {
    const { width, height, data } = await decodeImage(bytes, {
      maxPixels: MAX_PIXELS,
      reduceAbove: MAX_PIXELS,
    });
    const pixels = width * height;
    if (pixels > MAX_PIXELS || data.length !== pixels * 3) {
      throw new Error(
        `Picture of ${width} x ${height}, ${data.length} bytes: ${name}`,
      );
    }
    return true;
  } catch (cause) {
    if (!(cause instanceof ImageError)) throw new Error(name, { cause });
    if (/\p{Cc}/u.test(cause.message)) {
      throw new Error(`Control character in the error: ${name}`, { cause });
    }
    return false;
  }
}

/** Xorshift, 32 bits: integers in [0, n). */
function seededRandom(seed: number): (n: number) => number {
  let state = (seed * 0x9e3779b1 + 1) >>> 0 || 1;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

/** Numbers at which extents, counts and offsets break. */
const EDGES = [0, 1, 2, 0x7f, 0x80, 0xff];

/** A copy with bits, bytes or words changed, parts cut, left out or repeated. */
function mutate(
  bytes: Uint8Array,
  random: (n: number) => number,
): Uint8Array<ArrayBuffer> {
  let mutated = Uint8Array.from(bytes);
  for (let times = 1 + random(4); times > 0; times--) {
    // headers are at either end, and matter most
    const near = random(3);
    const span = near === 2 ? mutated.length : Math.min(128, mutated.length);
    const at = (near === 1 ? mutated.length - span : 0) + random(span || 1);
    const length = random(16);
    switch (random(8)) {
      case 0:
        mutated = mutated.slice(0, at);
        break;
      case 1:
        mutated = concat(
          mutated.subarray(0, at),
          mutated.subarray(at + length),
        );
        break;
      case 2:
        mutated = concat(
          mutated.subarray(0, at + length),
          mutated.subarray(at),
        );
        break;
      case 3:
        mutated.fill(EDGES[random(EDGES.length)]!, at, at + 1 + random(4));
        break;
      case 4:
        if (at < mutated.length) mutated[at] = random(256);
        break;
      default:
        if (at < mutated.length) mutated[at]! ^= 1 << random(8);
    }
  }
  if (isPng(mutated) && random(4) > 0) repairPng(mutated);
  return mutated;
}

/** Makes the checksums right, so that the decoder looks at what they are of. */
function repairPng(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length) return;
    view.setUint32(end, crc32(bytes.subarray(at + 4, end)));
    at = end + 4;
  }
}
