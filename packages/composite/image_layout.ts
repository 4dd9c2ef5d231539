import { type LatentShape, unpackLatents } from "./pack_latents.ts";
import { composeTokens, type TokenLayout } from "./token_layout.ts";

/**
 * Layout of a picture of which nothing is given: tokens row by row, at
 * `(0, row, column)`.
 *
 * Source: `_prepare_latent_image_ids` in huggingface/diffusers@v0.42.1,
 * `pipelines/flux/pipeline_flux.py`.
 *
 * @param shape Extents `[c, h, w]` of the picture's latents; h and w are even.
 * @returns The layout.
 *
 * @example Usage
 * ```ts
 * import { imageLayout } from "@edit-transfer/composite";
 * import assert from "node:assert/strict";
 *
 * const { ids, mask } = imageLayout([16, 2, 4]);
 * assert.deepEqual(ids, [[0, 0, 0], [0, 0, 1]]);
 * assert.deepEqual([...mask], [1, 1]);
 * ```
 */
export function imageLayout(shape: LatentShape): TokenLayout {
  const [c, h, w] = shape;
  const columns = w / 2;
  const tokens = h / 2 * columns;
  const mask = new Float32Array(tokens).fill(1); // [I]
  const all = Array.from(mask.keys());
  const unpack = (values: ArrayLike<number>) => unpackLatents(values, shape);
  return {
    shape,
    answerShape: shape,
    tokens,
    ids: Array.from(
      { length: tokens },
      (_, i) => [0, Math.floor(i / columns), i % columns],
    ), // [I, 3]
    mask,
    segments: { answer: all },
    turns: [all],
    compose: ([answer = new Float32Array(c * h * w)], noise) =>
      composeTokens({ shape, mask }, answer, noise),
    unpack,
    answer: unpack,
  };
}
