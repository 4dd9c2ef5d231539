import type { Image } from "@edit-transfer/image";
import { checkSizes } from "./check_sizes.ts";

/** How far one picture lies from another. */
export interface Shift {
  /** Pixels to the right. */
  readonly x: number;
  /** Pixels down. */
  readonly y: number;
}

/** Waves a side of the picture that are compared at most. */
const WAVES = 24;
/** Pixels to which a shift is found. */
const STEP = 1 / 64;

/**
 * Shift of a picture against another, to parts of a pixel, by phase
 * correlation: the place of the maximum of
 * `Σ_k g_k A_k B̄_k / |A_k B_k| · exp(2πi k·s)` over shifts `s` of at most a
 * quarter of a side, with the spectra `A`, `B` of the brightness under a Hann
 * window and a Gaussian `g` that leaves out what is finer than 24 waves a side.
 *
 * Source: Kuglin and Hines 1975, "The phase correlation image alignment method".
 *
 * @param moved Picture that may lie elsewhere.
 * @param still Picture of the same size.
 * @returns Where what `still` shows at (0, 0) is in `moved`; (0, 0) of pictures
 * of one colour.
 *
 * @throws {RangeError} If the sizes differ.
 *
 * @example Usage
 * ```ts
 * import { measureShift } from "@edit-transfer/metrics";
 * import assert from "node:assert/strict";
 *
 * const dot = (x: number) => {
 *   const data = new Uint8Array(16 * 16 * 3);
 *   data.fill(255, 3 * (16 * 8 + x), 3 * (16 * 8 + x + 1));
 *   return { width: 16, height: 16, data };
 * };
 * const { x, y } = measureShift(dot(9), dot(7));
 * assert.ok(Math.abs(x - 2) < 0.1 && Math.abs(y) < 0.1);
 * ```
 */
export function measureShift(moved: Image, still: Image): Shift {
  checkSizes("measure a shift", moved, still);
  const { width, height } = still;
  const across = Math.min(WAVES, width >> 1);
  const down = Math.min(WAVES, height >> 1);
  const a = spectrum(moved, across, down);
  const b = spectrum(still, across, down);

  // 1. phases of the waves that both pictures have
  const re = new Float64Array(a.re.length); // [2 down + 1, across + 1]
  const im = new Float64Array(a.re.length);
  for (let i = 0; i < re.length; i++) {
    const real = a.re[i]! * b.re[i]! + a.im[i]! * b.im[i]!;
    const imaginary = a.im[i]! * b.re[i]! - a.re[i]! * b.im[i]!;
    const size = Math.hypot(real, imaginary);
    if (size < 1e-6) continue;
    const u = i % (across + 1) / across;
    const v = (Math.floor(i / (across + 1)) - down) / down;
    const weight = Math.exp(-2 * (u * u + v * v)) / size;
    re[i] = real * weight;
    im[i] = imaginary * weight;
  }
  const heights = (y: number) => {
    const rowRe = new Float64Array(across + 1); // what is left to sum over u
    const rowIm = new Float64Array(across + 1);
    for (let v = -down, i = 0; v <= down; v++) {
      const angle = 2 * Math.PI * v * y / height;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let u = 0; u <= across; u++, i++) {
        rowRe[u]! += re[i]! * cos - im[i]! * sin;
        rowIm[u]! += re[i]! * sin + im[i]! * cos;
      }
    }
    return (x: number) => {
      let sum = 0;
      for (let u = 0; u <= across; u++) {
        const angle = 2 * Math.PI * u * x / width;
        sum += rowRe[u]! * Math.cos(angle) - rowIm[u]! * Math.sin(angle);
      }
      return sum;
    };
  };

  // 2. the highest place, on finer and finer grids
  let best = { x: 0, y: 0, height: heights(0)(0) };
  const look = (xs: readonly number[], ys: readonly number[]) => {
    for (const y of ys) {
      const at = heights(y);
      for (const x of xs) {
        if (at(x) > best.height) best = { x, y, height: at(x) };
      }
    }
  };
  const coarse = Math.max(1, Math.min(width, height) / (2 * WAVES));
  const quarter = (side: number) =>
    Array.from(
      { length: Math.floor(side / 2 / coarse) + 1 },
      (_, i) => i * coarse - side / 4,
    );
  look(quarter(width), quarter(height));
  for (let step = coarse / 2; step >= STEP / 2; step /= 2) {
    const { x, y } = best;
    look([x - step, x, x + step], [y - step, y, y + step]);
  }
  return { x: best.x, y: best.y };
}

/** Half of the spectrum: waves 0…across and -down…down, `[2 down + 1, across + 1]`. */
function spectrum(
  { width, height, data }: Image,
  across: number,
  down: number,
): { readonly re: Float64Array; readonly im: Float64Array } {
  const waves = across + 1;
  const hann = (i: number, n: number) =>
    0.5 - 0.5 * Math.cos(2 * Math.PI * (i + 0.5) / n);
  const windowed = new Float64Array(width * height);
  let mean = 0;
  for (let i = 0; i < windowed.length; i++) {
    windowed[i] = data[3 * i]! + data[3 * i + 1]! + data[3 * i + 2]!;
    mean += windowed[i]! / windowed.length;
  }
  for (let i = 0; i < windowed.length; i++) {
    windowed[i] = (windowed[i]! - mean) * hann(i % width, width) *
      hann(Math.floor(i / width), height);
  }
  // rows, then columns
  const rowRe = new Float64Array(height * waves);
  const rowIm = new Float64Array(height * waves);
  for (let u = 0; u < waves; u++) {
    for (let x = 0; x < width; x++) {
      const angle = -2 * Math.PI * u * x / width;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let y = 0; y < height; y++) {
        rowRe[y * waves + u]! += windowed[y * width + x]! * cos;
        rowIm[y * waves + u]! += windowed[y * width + x]! * sin;
      }
    }
  }
  const re = new Float64Array((2 * down + 1) * waves);
  const im = new Float64Array((2 * down + 1) * waves);
  for (let v = -down; v <= down; v++) {
    for (let y = 0; y < height; y++) {
      const angle = -2 * Math.PI * v * y / height;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let u = 0; u < waves; u++) {
        const [a, b] = [rowRe[y * waves + u]!, rowIm[y * waves + u]!];
        const i = (v + down) * waves + u;
        re[i]! += a * cos - b * sin;
        im[i]! += a * sin + b * cos;
      }
    }
  }
  return { re, im };
}
