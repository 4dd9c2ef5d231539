/**
 * Ways of bringing a picture to given extents, which need no decoder.
 *
 * @example Usage
 * ```ts
 * import { FITS } from "@edit-transfer/image/fits";
 * import assert from "node:assert/strict";
 *
 * assert.equal(FITS[0], "match");
 * ```
 *
 * @module
 */

/**
 * How a picture of another ratio comes to given extents, around its centre:
 * `crop` cuts off what exceeds them; `pad` adds white where it lacks; `match` and
 * `whole` show it whole, too, and continue its border there.
 */
export type Fit = typeof FITS[number];

/** All of them. */
export const FITS = ["match", "whole", "crop", "pad"] as const;
