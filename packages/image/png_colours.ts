import { codedColours, type Colours, gammaColours } from "./coded_colours.ts";
import type { Chromaticity } from "./colour_space.ts";
import { type PngChunk, pngChunks } from "./png_chunks.ts";

/** What the chunks of a PNG file say, beside pixels and profile. */
export interface PngFacts {
  /** Colour space, which a profile goes before unless `coded`. */
  readonly colours: Colours;
  /** Whether cICP says it, which goes before a profile. */
  readonly coded: boolean;
  /** Frames of an animation, else 1. */
  readonly frames: number;
}

/**
 * Checks that a PNG file is whole, and reads cICP, sRGB, gAMA, cHRM and acTL.
 *
 * Source: PNG, third edition, 4.3: cICP goes before iCCP, then sRGB, then gAMA
 * and cHRM.
 */
export function readPngFacts(bytes: Uint8Array, path: string): PngFacts {
  const found = new Map<string, DataView>();
  for (const { type, data } of pngChunks(bytes, { path, checksums: false })) {
    const size = SIZES[type];
    if (size === data.length && !found.has(type)) found.set(type, view(data));
  }
  const cicp = found.get("cICP");
  const colours = cicp !== undefined
    ? codedColours(cicp.getUint8(0), cicp.getUint8(1))
    : found.has("sRGB")
    ? undefined
    : gammaOf(found.get("gAMA"), found.get("cHRM"));
  return {
    colours,
    coded: cicp !== undefined,
    frames: found.get("acTL")?.getUint32(0) ?? 1,
  };
}

/** Bytes of each chunk that is read. */
const SIZES: Readonly<Record<string, number>> = {
  cICP: 4,
  sRGB: 1,
  gAMA: 4,
  cHRM: 32,
  acTL: 8,
};

function gammaOf(gama?: DataView, chrm?: DataView): Colours {
  const gamma = (gama?.getUint32(0) ?? 0) / 100_000;
  if (gamma === 0) return undefined;
  if (chrm === undefined) return gammaColours(gamma);
  const point = (i: number): Chromaticity => [
    chrm.getUint32(i * 8) / 100_000,
    chrm.getUint32(i * 8 + 4) / 100_000,
  ];
  return gammaColours(gamma, [point(1), point(2), point(3), point(0)]);
}

function view(data: PngChunk["data"]): DataView {
  return new DataView(data.buffer, data.byteOffset, data.length);
}
