/** Light of a sample: both in 0 to 1. */
export type Curve = (sample: number) => number;

/** 3 × 3 numbers, row by row. */
export type Matrix = readonly number[];

/** Meaning of the samples of a picture: light = matrix · curve(sample). */
export interface ColourSpace {
  /** Curve of each channel. */
  readonly curves: readonly [Curve, Curve, Curve];
  /** Light of red, green and blue to that of sRGB. */
  readonly toSrgb: Matrix;
}

/** Point of the chromaticity diagram. */
export type Chromaticity = readonly [x: number, y: number];

/** Chromaticities of red, green, blue and white. */
export type Primaries = readonly [
  Chromaticity,
  Chromaticity,
  Chromaticity,
  Chromaticity,
];

/** Source: IEC 61966-2-1. */
export const SRGB_PRIMARIES: Primaries = [
  [0.64, 0.33],
  [0.3, 0.6],
  [0.15, 0.06],
  [0.3127, 0.329],
];

/** XYZ of the profile connection space's white, D50. */
const D50 = [0.9642, 1, 0.82491];

/** Source: Bradford, Annex E of ICC.1:2022. */
// deno-fmt-ignore
const BRADFORD: Matrix = [
  0.8951, 0.2664, -0.1614,
  -0.7502, 1.7135, 0.0367,
  0.0389, -0.0685, 1.0296,
];

export const IDENTITY: Matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** Light of sRGB. Source: IEC 61966-2-1. */
export const srgbCurve: Curve = (v) =>
  v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;

/** Light of red, green and blue to XYZ, adapted to D50. */
export function toPcs([red, green, blue, white]: Primaries): Matrix {
  const xyz = ([x, y]: Chromaticity) => [x / y, 1, (1 - x - y) / y];
  const corners = transpose([...xyz(red), ...xyz(green), ...xyz(blue)]);
  const shares = apply(inverse(corners), xyz(white));
  const from = apply(BRADFORD, xyz(white));
  const to = apply(BRADFORD, D50);
  const cones = diagonal(to.map((v, i) => v / from[i]!));
  const adapt = multiply(inverse(BRADFORD), multiply(cones, BRADFORD));
  return multiply(adapt, multiply(corners, diagonal(shares)));
}

/** XYZ of D50 to light of sRGB. */
export const PCS_TO_SRGB: Matrix = inverse(toPcs(SRGB_PRIMARIES));

export function multiply(a: Matrix, b: Matrix): Matrix {
  return a.map((_, i) => {
    const row = i - i % 3;
    return a[row]! * b[i % 3]! + a[row + 1]! * b[3 + i % 3]! +
      a[row + 2]! * b[6 + i % 3]!;
  });
}

function apply(m: Matrix, v: readonly number[]): number[] {
  return [0, 3, 6].map((r) =>
    m[r]! * v[0]! + m[r + 1]! * v[1]! + m[r + 2]! * v[2]!
  );
}

function diagonal([a, b, c]: readonly number[]): Matrix {
  return [a!, 0, 0, 0, b!, 0, 0, 0, c!];
}

function transpose(m: Matrix): Matrix {
  return m.map((_, i) => m[(i % 3) * 3 + Math.floor(i / 3)]!);
}

function inverse(m: Matrix): Matrix {
  const [a, b, c, d, e, f, g, h, i] = m as number[];
  // deno-fmt-ignore
  const adjugate = [
    e! * i! - f! * h!, c! * h! - b! * i!, b! * f! - c! * e!,
    f! * g! - d! * i!, a! * i! - c! * g!, c! * d! - a! * f!,
    d! * h! - e! * g!, b! * g! - a! * h!, a! * e! - b! * d!,
  ];
  const det = a! * adjugate[0]! + b! * adjugate[3]! + c! * adjugate[6]!;
  return adjugate.map((v) => v / det);
}

/**
 * Converts samples of 16 bits to 8 bits of sRGB, and lays them on white.
 *
 * @param samples `[pixels, channels]`.
 * @param channels 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
 * @returns `[pixels, 3]`.
 */
export function convertToSrgb(
  samples: Uint16Array,
  channels: number,
  { curves, toSrgb }: ColourSpace,
): Uint8Array<ArrayBuffer> {
  const [red, green, blue] = tables(curves);
  const [a, b, c, d, e, f, g, h, i] = toSrgb as number[];
  const table = encodeTable();
  const [second, third] = channels < 3 ? [0, 0] : [1, 2];
  const hasAlpha = channels % 2 === 0;
  const pixels = samples.length / channels;
  const rgb = new Uint8Array(pixels * 3);
  for (let p = 0; p < pixels; p++) {
    const at = p * channels;
    const r = red![samples[at]!]!;
    const s = green![samples[at + second]!]!;
    const t = blue![samples[at + third]!]!;
    const share = hasAlpha ? samples[at + channels - 1]! / 65535 : 1;
    const rest = 255 * (1 - share) + 0.5;
    rgb[p * 3] = table[index(a! * r + b! * s + c! * t)]! * share + rest;
    rgb[p * 3 + 1] = table[index(d! * r + e! * s + f! * t)]! * share + rest;
    rgb[p * 3 + 2] = table[index(g! * r + h! * s + i! * t)]! * share + rest;
  }
  return rgb;
}

function index(light: number): number {
  return light <= 0 ? 0 : light >= 1 ? 65535 : (light * 65535 + 0.5) | 0;
}

/** Light by 16-bit sample. */
function tables(curves: readonly Curve[]): Float32Array[] {
  const made = new Map<Curve, Float32Array>();
  for (const curve of new Set(curves)) made.set(curve, sampled(curve));
  return curves.map((curve) => made.get(curve)!);
}

/** A curve at 65536 points. */
function sampled(curve: Curve): Float32Array {
  const table = new Float32Array(65536);
  for (let i = 0; i < 65536; i++) table[i] = curve(i / 65535);
  return table;
}

let encoded: Float32Array | undefined;

/** sRGB, 0 to 255, by light in 65536 steps: 0.05 levels at most apart. */
function encodeTable(): Float32Array {
  return encoded ??= sampled((v) =>
    255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055)
  );
}
