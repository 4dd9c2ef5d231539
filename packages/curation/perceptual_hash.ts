import type { Image } from "@edit-transfer/image";
import { luminance } from "./plane.ts";

/** Side of the squares that a picture is averaged over. */
const CELLS = 32;
/** Waves a side that are kept. */
const WAVES = 8;

/**
 * Perceptual hash of 64 bits: the signs of the 8 × 8 lowest waves, without the
 * mean, of the DCT of the brightness in 32 × 32 cells, against their median.
 *
 * Near-duplicates differ in few bits ({@linkcode hashDistance}), other pictures in about 32.
 *
 * Source: Zauner 2010, "Implementation and benchmarking of perceptual image hash functions".
 *
 * @param image Picture, `[h, w, 3]`.
 * @returns The hash, unsigned.
 *
 * @example Usage
 * ```ts
 * import { hashDistance, perceptualHash } from "@edit-transfer/curation";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const image = blankImage(40, 40);
 * image.data.fill(0, 0, 900);
 * assert.equal(hashDistance(perceptualHash(image), perceptualHash(image)), 0);
 * ```
 */
export function perceptualHash(image: Image): bigint {
  const cells = cellMeans(image);
  const waves: number[] = []; // 1…8 of both directions: the mean is left out
  for (let v = 1; v <= WAVES; v++) {
    for (let u = 1; u <= WAVES; u++) {
      let sum = 0;
      for (let y = 0; y < CELLS; y++) {
        for (let x = 0; x < CELLS; x++) {
          sum += cells[y * CELLS + x]! * COSINES[u * CELLS + x]! *
            COSINES[v * CELLS + y]!;
        }
      }
      waves.push(sum);
    }
  }
  const sorted = waves.toSorted((a, b) => a - b);
  const median = (sorted[31]! + sorted[32]!) / 2;
  let hash = 0n;
  for (const wave of waves) hash = hash << 1n | (wave > median ? 1n : 0n);
  return hash;
}

/**
 * Bits in which two hashes differ.
 *
 * @param a One hash of {@linkcode perceptualHash}.
 * @param b Another.
 * @returns 0 to 64.
 *
 * @example Usage
 * ```ts
 * import { hashDistance } from "@edit-transfer/curation";
 * import assert from "node:assert/strict";
 *
 * assert.equal(hashDistance(0b1100n, 0b1010n), 2);
 * ```
 */
export function hashDistance(a: bigint, b: bigint): number {
  let bits = 0;
  for (let rest = a ^ b; rest > 0n; rest &= rest - 1n) bits++;
  return bits;
}

const COSINES = Float64Array.from(
  { length: (WAVES + 1) * CELLS },
  (_, i) =>
    Math.cos(
      Math.PI * Math.floor(i / CELLS) * (i % CELLS + 0.5) / CELLS,
    ),
);

/** Mean brightness over cells, `[32, 32]`, pixels shared between cells by their area. */
function cellMeans(image: Image): Float64Array {
  const { width, height, data } = luminance(image);
  const [columns, rows] = [cellWeights(width), cellWeights(height)];
  return Float64Array.from({ length: CELLS * CELLS }, (_, i) => {
    let sum = 0;
    for (const [y, down] of rows[Math.floor(i / CELLS)]!) {
      for (const [x, across] of columns[i % CELLS]!) {
        sum += data[y * width + x]! * down * across;
      }
    }
    return sum;
  });
}

/** For each cell of a side, its pixels and their shares of it. */
function cellWeights(side: number): (readonly [number, number])[][] {
  const size = side / CELLS;
  return Array.from({ length: CELLS }, (_, cell) => {
    const [first, end] = [cell * size, (cell + 1) * size];
    const weights: [number, number][] = [];
    for (let at = Math.floor(first); at < Math.min(side, end); at++) {
      const share = Math.min(end, at + 1) - Math.max(first, at);
      weights.push([at, share / size]);
    }
    return weights;
  });
}
