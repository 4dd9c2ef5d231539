/**
 * The variational autoencoder of latent diffusion models: images to latents
 * and back. Images and latents are stored with channels last.
 *
 * ```ts
 * import { parseVaeConfig } from "@edit-transfer/vae";
 * import assert from "node:assert/strict";
 *
 * const config = parseVaeConfig({
 *   block_out_channels: [32, 64],
 *   latent_channels: 4,
 *   scaling_factor: 0.18215,
 * }, "vae/config.json");
 *
 * assert.equal(config.downscale, 2);
 * assert.equal(config.useQuantConv, true);
 * ```
 *
 * @module
 */
export { AutoencoderKl, type AutoencoderOptions } from "./autoencoder_kl.ts";
export { parseVaeConfig, type VaeConfig } from "./config.ts";
export { vaeConfigOf } from "./config_of_weights.ts";
export { KEY_MAP_BFL_VAE } from "./key_map_bfl_vae.ts";
export type { StageHook } from "./stage.ts";
