/**
 * The four-panel composite: before, after; query, answer.
 *
 * Letters in shapes: c latent channels, h w height and width of one panel's
 * latent, I image tokens of the whole composite, B batch, C channels of a token.
 *
 * @example Usage
 * ```ts
 * import { packLatents, tileQuad } from "@edit-transfer/composite";
 * import assert from "node:assert/strict";
 *
 * const panel = (value: number) => new Float32Array(4).fill(value); // [1, 2, 2]
 * const quad = tileQuad([panel(1), panel(2), panel(3), panel(4)], [1, 2, 2]); // [1, 4, 4]
 * const tokens = packLatents(quad, [1, 4, 4]); // [4, 4]
 * assert.deepEqual([...tokens.subarray(12)], [4, 4, 4, 4]);
 * ```
 *
 * @module
 */
export * from "./caption.ts";
export * from "./grid_ids.ts";
export * from "./keep_clean.ts";
export * from "./pack_latents.ts";
export * from "./panel_mask.ts";
export * from "./tile_quad.ts";
