import type { ClipFeatures } from "./clip_features.ts";
import { type ClipMetric, meanOf } from "./clip_metric.ts";
import { PROTOCOL_SIDE } from "./clip_t.ts";
import { cosine } from "./cosine.ts";

/**
 * CLIP-I: how near the output is to the example after its edit,
 * `cos(E(output), E(after))`, from -1 to 1.
 *
 * Source: Chen et al. 2025, https://arxiv.org/abs/2503.13327, section 4.1.
 *
 * @param features Features of the model.
 * @returns The metric.
 *
 * @example Usage
 * ```ts
 * import { ClipFeatures, clipI, openClipFolder } from "@edit-transfer/clip";
 * import { blankImage } from "@edit-transfer/image";
 * import { openDevice } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * await using folder = await openClipFolder("fixtures/goldens/clip/vit_l");
 * using device = await openDevice("cpu");
 * using features = new ClipFeatures(folder, device);
 * const after = blankImage(9, 7);
 * const known = { query: after, before: after, after, words: "" };
 * assert.ok(Math.abs(await clipI(features).score(after, known) - 1) < 1e-9);
 * ```
 */
export function clipI(features: ClipFeatures): ClipMetric {
  return {
    name: "clip-i",
    best: 1,
    digits: 3,
    async score(output, { after }) {
      const side = PROTOCOL_SIDE;
      return cosine(
        await features.picture([output], { side }),
        await features.picture([after], { side }),
      );
    },
    summarize: meanOf,
  };
}
