import {
  type Chromaticity,
  type ColourSpace,
  type Curve,
  multiply,
  PCS_TO_SRGB,
  type Primaries,
  SRGB_PRIMARIES,
  srgbCurve,
  toPcs,
} from "./colour_space.ts";

/** Colour space, nothing where it is that of sRGB, or why it is not read. */
export type Colours = ColourSpace | undefined | { readonly refused: string };

/** Source: ITU-T H.273, table 2. */
const PRIMARIES: Readonly<Record<number, Primaries>> = {
  1: SRGB_PRIMARIES,
  2: SRGB_PRIMARIES, // unspecified
  5: SRGB_PRIMARIES, // 601 of 625 lines, which differs by less than is seen
  6: SRGB_PRIMARIES, // 601 of 525 lines
  9: [[0.708, 0.292], [0.17, 0.797], [0.131, 0.046], [0.3127, 0.329]],
  12: [[0.68, 0.32], [0.265, 0.69], [0.15, 0.06], [0.3127, 0.329]],
};

/** Source: ITU-T H.273, table 3; that of video is shown as sRGB is. */
const TRANSFERS: Readonly<Record<number, Curve>> = {
  1: srgbCurve,
  2: srgbCurve, // unspecified
  4: (v) => v ** 2.2,
  5: (v) => v ** 2.8,
  6: srgbCurve,
  8: (v) => v,
  13: srgbCurve,
  14: srgbCurve,
  15: srgbCurve,
};

/** Colour space of code points, as PNG's cICP and AVIF's nclx hold them. */
export function codedColours(primaries: number, transfer: number): Colours {
  if (transfer === 16 || transfer === 18) {
    return { refused: "its range must not be high: it is HDR" };
  }
  const points = PRIMARIES[primaries];
  const curve = TRANSFERS[transfer];
  if (points === undefined || curve === undefined) {
    return {
      refused: `its colours must be those of a display: ` +
        `it has primaries ${primaries} and transfer ${transfer} of H.273`,
    };
  }
  return colourSpace(points, curve);
}

/** Source: PNG, third edition, 11.3.2. `gamma` is the encoding exponent. */
export function gammaColours(
  gamma: number,
  primaries: Primaries = SRGB_PRIMARIES,
): Colours {
  const isSrgb = Math.abs(gamma - 1 / 2.2) < 0.005;
  if (isSrgb && isNear(primaries, SRGB_PRIMARIES)) return undefined;
  return colourSpace(primaries, (v) => v ** (1 / gamma));
}

function colourSpace(primaries: Primaries, curve: Curve): Colours {
  if (primaries === SRGB_PRIMARIES && curve === srgbCurve) return undefined;
  return {
    curves: [curve, curve, curve],
    toSrgb: multiply(PCS_TO_SRGB, toPcs(primaries)),
  };
}

function isNear(a: Primaries, b: Primaries): boolean {
  const points = a as readonly Chromaticity[];
  return points.every(([x, y], i) =>
    Math.abs(x - b[i]![0]) < 0.002 && Math.abs(y - b[i]![1]) < 0.002
  );
}
