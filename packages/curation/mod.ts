/**
 * Measures of a pair of pictures before and after an edit that need no model: how
 * they lie on each other, what changed, mirror images, sharpness, near-duplicates and
 * colour casts.
 *
 * @example Usage
 * ```ts
 * import { changeMap, measureAlignment } from "@edit-transfer/curation";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const image = blankImage(64, 64);
 * assert.equal(changeMap(image, image).area, 0);
 * assert.equal(measureAlignment(image, image), undefined); // no edges
 * ```
 *
 * @module
 */
export * from "./alignment.ts";
export * from "./change_map.ts";
export * from "./colour_cast.ts";
export * from "./lab.ts";
export * from "./mirrored.ts";
export * from "./perceptual_hash.ts";
export * from "./sharpness.ts";
