/**
 * Data sets of four-panel tasks: manifests, panels, captions, caches of what
 * models make of them, and a loader whose order can be taken up again.
 *
 * Letters in shapes: P side of a panel in pixels, c latent channels, h w height
 * and width of one panel's latent, T text tokens, C channels of a token.
 *
 * @example Usage
 * ```ts
 * import { dropCaption, Loader } from "@edit-transfer/dataset";
 * import assert from "node:assert/strict";
 *
 * const captions = ["running", "smiling", "sitting"];
 * const loader = new Loader(captions.length, { batchSize: 2, seed: 42 });
 * const batch = loader.next().map(({ index, dropout }) =>
 *   dropCaption(captions[index]!, { rate: 0.05, dropout }));
 * assert.equal(batch.length, 2);
 * ```
 *
 * @module
 */
export * from "./caption.ts";
export { checkPictures, type CheckPicturesOptions } from "./check_pictures.ts";
export { type Seam } from "./columns.ts";
export * from "./dataset_encoder.ts";
export * from "./dataset_error.ts";
export { type PreparedItem } from "./dataset_task.ts";
export * from "./encoding_cache.ts";
export * from "./find_seam.ts";
export * from "./host_tensor.ts";
export * from "./loader.ts";
export * from "./manifest.ts";
export * from "./prepare_options.ts";
export * from "./prepared_dataset.ts";
export * from "./read_manifest.ts";
export * from "./seeded_random.ts";
export {
  type SeamMode,
  splitComposite,
  type SplitCompositeOptions,
} from "./split_composite.ts";
export * from "./survey_seams.ts";
export * from "./without_bars.ts";
