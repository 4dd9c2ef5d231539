import type { ClipFeatures, Features } from "./clip_features.ts";
import { type ClipMetric, meanOf } from "./clip_metric.ts";
import { PROTOCOL_SIDE } from "./clip_t.ts";
import { cosine } from "./cosine.ts";

/**
 * Directional CLIP: whether the output was changed as the example was,
 * `cos(e(output) − e(query), e(after) − e(before))` of features of length 1,
 * from -1 to 1; 0 if either did not change.
 *
 * Source: Gal et al. 2021, https://arxiv.org/abs/2108.00946, eq. 3, with the
 * example pair for the two texts; of length 1 as in `clip_similarity.py` of
 * timothybrooks/instruct-pix2pix.
 *
 * @param features Features of the model.
 * @returns The metric.
 *
 * @example Usage
 * ```ts
 * import { clipDir, ClipFeatures, openClipFolder } from "@edit-transfer/clip";
 * import { blankImage } from "@edit-transfer/image";
 * import { openDevice } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * await using folder = await openClipFolder("fixtures/goldens/clip/vit_l");
 * using device = await openDevice("cpu");
 * using features = new ClipFeatures(folder, device);
 * const [query, after] = [blankImage(9, 7), blankImage(9, 7, [0, 0, 0])];
 * const known = { query, before: query, after, words: "" };
 * assert.ok(await clipDir(features).score(after, known) > 0.999);
 * assert.equal(await clipDir(features).score(query, known), 0);
 * ```
 */
export function clipDir(features: ClipFeatures): ClipMetric {
  return {
    name: "clip-dir",
    best: 1,
    digits: 3,
    async score(output, { query, before, after }) {
      const of = (picture: typeof query) =>
        features.picture([picture], { side: PROTOCOL_SIDE });
      return cosine(
        step(await of(query), await of(output)),
        step(await of(before), await of(after)),
      );
    },
    summarize: meanOf,
  };
}

/** From one direction to another, both of length 1. */
function step(from: Features, to: Features): Float64Array {
  const [a, b] = [Math.hypot(...from), Math.hypot(...to)];
  return Float64Array.from(from, (value, i) => to[i]! / b - value / a);
}
