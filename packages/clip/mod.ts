/**
 * Metrics of edits from CLIP models: CLIP-T, CLIP-I, directional CLIP,
 * PickScore and EditCLIP, and the models themselves, both towers on our tensors.
 *
 * Letters in shapes: B inputs, T tokens, C width of a tower, P width of features,
 * S side of a picture, c its channels, p side of a patch, g patches a side.
 *
 * @example Usage
 * ```ts
 * import { CLIP_METRICS, cosine } from "@edit-transfer/clip";
 * import assert from "node:assert/strict";
 *
 * assert.equal(CLIP_METRICS.pickscore.model, "yuvalkirstain/PickScore_v1");
 * assert.equal(cosine([1, 0], [0, 1]), 0);
 * ```
 *
 * @module
 */
export * from "./clip_dir.ts";
export * from "./clip_features.ts";
export * from "./clip_folder.ts";
export * from "./clip_hash.ts";
export * from "./clip_i.ts";
export type { ClipCase, ClipMetric } from "./clip_metric.ts";
export * from "./clip_metrics.ts";
export * from "./clip_name.ts";
export { clipT } from "./clip_t.ts";
export * from "./config.ts";
export * from "./cosine.ts";
export { editclip } from "./editclip.ts";
export * from "./open_clip_metrics.ts";
export * from "./pickscore.ts";
export * from "./preprocessing.ts";
export * from "./vision_config.ts";
export * from "./vision_encoder.ts";
