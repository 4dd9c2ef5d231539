/**
 * Rectified flow: the sigma schedule of FLUX, its noise, and Euler steps.
 *
 * Letters in shapes: c latent channels, h w height and width of a latent,
 * N steps, I image tokens.
 *
 * @example Usage
 * ```ts
 * import { flowMatchSigmas, parseSchedulerConfig } from "@edit-transfer/flow";
 * import assert from "node:assert/strict";
 *
 * const config = parseSchedulerConfig({ shift: 3 });
 * const sigmas = flowMatchSigmas(2, { config, imageTokens: 1024 });
 * assert.deepEqual(sigmas, [1, 0.75, 0]);
 * ```
 *
 * @module
 */
export * from "./euler.ts";
export * from "./flow_matching_loss.ts";
export * from "./noise.ts";
export * from "./sample_timestep.ts";
export * from "./schedule.ts";
export * from "./scheduler_config.ts";
export * from "./torch_randn.ts";
