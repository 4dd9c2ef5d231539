import type { Image } from "@edit-transfer/image";
import { luminance, quantile } from "./plane.ts";

/** Share of the pixels with the strongest edges that are looked at. */
const EDGES = 0.05;

/**
 * How sharp a picture is: the root mean square of the Laplacian of its
 * brightness over the 5 % of pixels where it is strongest, in levels. So what share of a
 * picture has texture does not count.
 *
 * @param image Picture, `[h, w, 3]`.
 * @returns Levels, >= 0; 0 of pictures of one colour.
 *
 * @example Usage
 * ```ts
 * import { sharpness } from "@edit-transfer/curation";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * assert.ok(sharpness(blankImage(9, 9)) < 1e-4);
 * ```
 */
export function sharpness(image: Image): number {
  const { width, height, data } = luminance(image);
  const [w, h] = [Math.max(0, width - 2), Math.max(0, height - 2)];
  const edges = new Float32Array(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const at = (y + 1) * width + x + 1;
      edges[y * w + x] = Math.abs(
        4 * data[at]! - data[at - 1]! - data[at + 1]! - data[at - width]! -
          data[at + width]!,
      );
    }
  }
  const least = quantile(edges, 1 - EDGES);
  const strongest = edges.filter((edge) => edge >= least);
  if (strongest.length === 0) return 0;
  const squares = strongest.reduce((sum, edge) => sum + edge ** 2, 0);
  return Math.sqrt(squares / strongest.length);
}

/**
 * How much sharper the second picture is: `ln(sharpness(after) / sharpness(before))`. 0 is
 * as sharp; a blur over one pixel halves it or more.
 *
 * @param before One picture.
 * @param after Another.
 * @returns The logarithm; undefined where a picture has no edges.
 *
 * @example Usage
 * ```ts
 * import { sharpnessChange } from "@edit-transfer/curation";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const image = blankImage(9, 9);
 * image.data.fill(0, 0, 60);
 * assert.equal(sharpnessChange(image, image), 0);
 * assert.equal(sharpnessChange(image, blankImage(9, 9)), undefined);
 * ```
 */
export function sharpnessChange(
  before: Image,
  after: Image,
): number | undefined {
  const [a, b] = [sharpness(before), sharpness(after)];
  return a < LEAST_EDGE || b < LEAST_EDGE ? undefined : Math.log(b / a);
}

/** Levels below which there are no edges. */
const LEAST_EDGE = 0.5;
