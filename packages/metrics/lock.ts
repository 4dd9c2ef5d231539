import type { Image } from "@edit-transfer/image";
import { bilinear } from "./bilinear.ts";
import { checkSizes } from "./check_sizes.ts";
import { mix } from "./mix.ts";

/** What {@linkcode lock} knows of an edit besides its pictures. */
export interface LockOptions {
  /**
   * The query as the autoencoder gives it back, so that what it does to any
   * picture is no change.
   *
   * @default {the query}
   */
  readonly seen?: Image | undefined;
  /**
   * Latents of query and output, `[c, h, w]` of their shape each; a place is
   * changed where they say so, too.
   *
   * @default {pictures alone decide}
   */
  readonly latents?: {
    readonly query: ArrayLike<number>;
    readonly output: ArrayLike<number>;
    readonly shape: readonly [c: number, h: number, w: number];
  } | undefined;
}

/** An output whose unchanged places are the query's. */
export interface Locked {
  /** The picture. */
  readonly image: Image;
  /** Share of the output in each pixel, `[height · width]` in 0…1. */
  readonly mask: Float32Array;
}

/** Levels by which pixels differ at least, and at which they surely do. */
const LEVELS = [28, 56] as const;
/** Deviations of a latent likewise. */
const LATENTS = [0.35, 0.525] as const;

/**
 * Gives unchanged places of an output back exactly from the query:
 * `query + m (output − query)` with a soft mask m.
 *
 * `m = grow(smooth(mean(|output − seen|))) · smooth(|z_output − z_query|)`: the
 * difference is the root mean square over colours, averaged over 3 × 3 pixels,
 * and grown by one; that of latents over channels, bilinear in between. `smooth`
 * rises from 0 to 1 between 28 and 56 levels, and between 0.35 and 0.525. Chosen
 * on drawn cases, see `bench/lock.ts`.
 *
 * @param output Picture that the model made.
 * @param query Picture that it edits, of the same size.
 * @param options See {@linkcode LockOptions}.
 * @returns The picture, and the mask.
 *
 * @throws {RangeError} If the sizes differ.
 *
 * @example Usage
 * ```ts
 * import { blankImage } from "@edit-transfer/image";
 * import { lock } from "@edit-transfer/metrics";
 * import assert from "node:assert/strict";
 *
 * const query = blankImage(8, 8, [100, 100, 100]);
 * const { image } = lock(blankImage(8, 8, [110, 90, 100]), query);
 * assert.deepEqual(image, query);
 * ```
 */
export function lock(
  output: Image,
  query: Image,
  options: LockOptions = {},
): Locked {
  const { seen = query, latents } = options;
  checkSizes("lock an output", output, query);
  checkSizes("lock an output", output, seen);
  const { width, height } = query;
  const differing = neighbours(difference(output, seen), width, mean);
  const mask = neighbours(
    differing.map((levels) => smooth(levels, LEVELS)),
    width,
    (values) => Math.max(...values),
  );
  if (latents !== undefined) {
    const moved = latentDifference(latents);
    const [, h, w] = latents.shape;
    for (let i = 0; i < mask.length; i++) {
      const x = (i % width + 0.5) * w / width - 0.5;
      const y = (Math.floor(i / width) + 0.5) * h / height - 0.5;
      mask[i]! *= smooth(bilinear(moved, { w, h, x, y }), LATENTS);
    }
  }
  return { image: mix(query, output, (i) => mask[i]!), mask };
}

/** Root mean square over the colours of each pixel. */
function difference(a: Image, b: Image): Float32Array {
  return Float32Array.from({ length: a.data.length / 3 }, (_, i) => {
    let sum = 0;
    for (let k = 3 * i; k < 3 * i + 3; k++) {
      sum += (a.data[k]! - b.data[k]!) ** 2;
    }
    return Math.sqrt(sum / 3);
  });
}

/** Root mean square over the channels of each place, `[h · w]`. */
function latentDifference(
  { query, output, shape: [c, h, w] }: NonNullable<LockOptions["latents"]>,
): Float32Array {
  return Float32Array.from({ length: h * w }, (_, i) => {
    let sum = 0;
    for (let k = i; k < c * h * w; k += h * w) {
      sum += (output[k]! - query[k]!) ** 2;
    }
    return Math.sqrt(sum / c);
  });
}

/** Each value from those of its 3 × 3 pixels within the picture. */
function neighbours(
  values: Float32Array,
  width: number,
  join: (values: readonly number[]) => number,
): Float32Array {
  const height = values.length / width;
  const along = (values: Float32Array, count: number, stride: number) =>
    values.map((_, i) => {
      const at = Math.floor(i / stride) % count;
      const near: number[] = [];
      for (
        let k = Math.max(0, at - 1);
        k <= Math.min(count - 1, at + 1);
        k++
      ) near.push(values[i + (k - at) * stride]!);
      return join(near);
    });
  return along(along(values, width, 1), height, width);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

/** 0 up to the first limit, 1 from the second, a smooth step in between. */
function smooth(x: number, [from, to]: readonly [number, number]): number {
  const t = Math.min(1, Math.max(0, (x - from) / (to - from)));
  return t * t * (3 - 2 * t);
}
