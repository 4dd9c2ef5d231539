import type { ClipFeatures } from "./clip_features.ts";
import { type ClipMetric, meanOf } from "./clip_metric.ts";
import { cosine } from "./cosine.ts";

/** Square that all pictures are resized to first, in EditCLIP's programs. */
export const EDITCLIP_SIDE = 256;

/**
 * EditCLIP: whether the output is to the query what the example's pictures are
 * to each other, `cos(E(query ∥ output), E(before ∥ after))` of a CLIP whose
 * patches have six channels, from -1 to 1.
 *
 * Source: Wang et al. 2025, https://arxiv.org/abs/2503.20318;
 * `src/sd_ip2p_train/eval_ip2p_transfer.py` of QianWangX/EditCLIP@65fb4fb.
 *
 * @param features Features of EditCLIP.
 * @returns The metric.
 *
 * @example Usage
 * ```ts
 * import { ClipFeatures, editclip, openClipFolder } from "@edit-transfer/clip";
 * import { blankImage } from "@edit-transfer/image";
 * import { openDevice } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * await using folder = await openClipFolder("fixtures/goldens/clip/editclip");
 * using device = await openDevice("cpu");
 * using features = new ClipFeatures(folder, device);
 * const [query, after] = [blankImage(9, 7), blankImage(9, 7, [0, 0, 0])];
 * const known = { query, before: query, after, words: "" };
 * assert.ok(await editclip(features).score(after, known) > 0.999);
 * ```
 */
export function editclip(features: ClipFeatures): ClipMetric {
  return {
    name: "editclip",
    best: 1,
    digits: 3,
    async score(output, { query, before, after }) {
      const side = EDITCLIP_SIDE;
      return cosine(
        await features.picture([query, output], { side }),
        await features.picture([before, after], { side }),
      );
    },
    summarize: meanOf,
  };
}
