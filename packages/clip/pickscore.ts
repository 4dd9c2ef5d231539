import type { ClipFeatures } from "./clip_features.ts";
import { type ClipMetric, meanOf } from "./clip_metric.ts";
import { PROTOCOL_SIDE } from "./clip_t.ts";
import { cosine } from "./cosine.ts";

/**
 * PickScore: how much people would like the output for the words,
 * `exp(logit_scale) · cos(T(words), E(output))` of a CLIP ViT-H/14 that was
 * trained on their choices. Words beyond CLIP's length are cut.
 *
 * Source: Kirstain et al. 2023, https://arxiv.org/abs/2305.01569; `pick_score` of
 * showlab/loveu-tgve-2023@d75589f, scripts/run_eval.py.
 *
 * @param features Features of PickScore v1.
 * @param scale `exp(logit_scale)`.
 * @returns The metric.
 *
 * @example Usage
 * ```ts
 * import { ClipFeatures, openClipFolder, pickscore } from "@edit-transfer/clip";
 * import { openDevice } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * await using folder = await openClipFolder("fixtures/goldens/clip/vit_h");
 * using device = await openDevice("cpu");
 * using features = new ClipFeatures(folder, device);
 * assert.equal(pickscore(features, 100).best, 100);
 * ```
 */
export function pickscore(features: ClipFeatures, scale: number): ClipMetric {
  return {
    name: "pickscore",
    best: scale,
    digits: 2,
    async score(output, { words }) {
      const text = await features.text(words, { truncate: true });
      const picture = await features.picture([output], { side: PROTOCOL_SIDE });
      return scale * cosine(text, picture);
    },
    summarize: meanOf,
  };
}
