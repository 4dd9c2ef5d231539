import type { ClipFeatures } from "./clip_features.ts";
import { type ClipMetric, meanOf } from "./clip_metric.ts";
import { cosine } from "./cosine.ts";

/** Square that all pictures are resized to first, in the protocol of LOVEU-TGVE. */
export const PROTOCOL_SIDE = 480;

/**
 * CLIP-T: whether the output shows what the words say, `exp(logit_scale) ·
 * cos(E(output), T(words))`, 100 · cos for CLIP as it was trained. Words that
 * CLIP would cut are refused.
 *
 * Source: `clip_score_text` of showlab/loveu-tgve-2023@d75589f,
 * scripts/run_eval.py.
 *
 * @param features Features of the model.
 * @param scale `exp(logit_scale)`.
 * @returns The metric.
 *
 * @example Usage
 * ```ts
 * import { ClipFeatures, clipT, openClipFolder } from "@edit-transfer/clip";
 * import { blankImage } from "@edit-transfer/image";
 * import { openDevice } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * await using folder = await openClipFolder("fixtures/goldens/clip/vit_l");
 * using device = await openDevice("cpu");
 * using features = new ClipFeatures(folder, device);
 * const metric = clipT(features, await features.logitScale());
 * const picture = blankImage(9, 7);
 * const known = { query: picture, before: picture, after: picture, words: "hat" };
 * assert.ok(Math.abs(await metric.score(picture, known)) <= metric.best);
 * ```
 */
export function clipT(features: ClipFeatures, scale: number): ClipMetric {
  return {
    name: "clip-t",
    best: scale,
    digits: 2,
    async score(output, { words }) {
      const text = await features.text(words, { truncate: false });
      const picture = await features.picture([output], { side: PROTOCOL_SIDE });
      return scale * cosine(picture, text);
    },
    summarize: meanOf,
  };
}
