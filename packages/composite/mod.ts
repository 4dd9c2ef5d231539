/**
 * The four-panel composite, before, after; query, answer, and where the tokens
 * of a picture stand.
 *
 * Letters in shapes: c latent channels, h w height and width of one panel's
 * latent, I image tokens of the whole composite, B batch, C channels of a token.
 *
 * ```ts
 * import { fillTemplate, quadLayout, REFERENCE_TEMPLATE } from "@edit-transfer/composite";
 * import assert from "node:assert/strict";
 *
 * const { tokens, mask } = quadLayout([16, 64, 64]); // panels of 512 × 512 pixels
 * assert.equal(tokens, 4096);
 * assert.equal(mask.reduce((sum, made) => sum + made), 1024);
 * assert.match(fillTemplate(REFERENCE_TEMPLATE, "waving"), /a waving motion/);
 * ```
 *
 * @module
 */
export { fillTemplate, REFERENCE_TEMPLATE } from "./caption.ts";
export { imageLayout } from "./image_layout.ts";
export { keepClean } from "./keep_clean.ts";
export type { LatentShape } from "./pack_latents.ts";
export { quadLayout } from "./quad_layout.ts";
export { type Quad, splitQuad, tileQuad } from "./tile_quad.ts";
export type { ComposedTokens, Noise, TokenLayout } from "./token_layout.ts";
export { putRows, type Segment, takeRows } from "./token_rows.ts";
