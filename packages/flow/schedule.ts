import type { SchedulerConfig } from "./scheduler_config.ts";

const f32 = Math.fround;

/** Options of {@linkcode flowMatchSigmas}. */
export interface FlowMatchSigmasOptions {
  /** Config of the model's scheduler. */
  config: SchedulerConfig;
  /** Image tokens `I` of the whole composite, after 2×2 packing. */
  imageTokens: number;
}

/**
 * Noise levels of an Euler run, from 1 down to 0.
 *
 * `σ = linspace(1, 1/N, N)`, then shifted: statically to `s σ / (1 + (s − 1) σ)`,
 * or dynamically to `e^μ / (e^μ + 1/σ − 1)` with μ linear in the number of image
 * tokens, within the span of the config where that line falls; then 0. Every step rounds to f32 as the reference does, so that the
 * differences of neighbours are the reference's too.
 *
 * Source: `FlowMatchEulerDiscreteScheduler.set_timesteps` and
 * `calculate_shift` in huggingface/diffusers@v0.42.1.
 *
 * @param steps Number of steps `N`, at least 1.
 * @param options See {@linkcode FlowMatchSigmasOptions}.
 * @returns `N + 1` sigmas in [0, 1], decreasing.
 *
 * @throws {RangeError} If `steps` is not a positive integer, or there are so
 * many tokens that `e^μ` is not finite.
 *
 * @example Usage
 * ```ts
 * import { flowMatchSigmas, parseSchedulerConfig } from "@edit-transfer/flow";
 * import assert from "node:assert/strict";
 *
 * const config = parseSchedulerConfig({ use_dynamic_shifting: true });
 * const sigmas = flowMatchSigmas(35, { config, imageTokens: 4096 });
 * assert.equal(sigmas.length, 36);
 * assert.equal(sigmas[1]!.toFixed(4), "0.9908");
 * ```
 */
export function flowMatchSigmas(
  steps: number,
  options: FlowMatchSigmasOptions,
): number[] {
  if (!Number.isSafeInteger(steps) || steps < 1) {
    throw new RangeError(
      `Cannot make a schedule as steps must be an integer >= 1: got ${steps}`,
    );
  }
  const { config, imageTokens } = options;
  const mu = shiftMu(config, imageTokens);
  const expMu = f32(Math.exp(mu));
  if (config.useDynamicShifting && !Number.isFinite(expMu)) {
    throw new RangeError(
      `Cannot make a schedule as the shift μ must be at most 88.7, where e^μ ends in f32: got ${
        mu.toFixed(1)
      } for ${imageTokens} image tokens, far more than the model is made for`,
    );
  }
  const sigmas: number[] = [];
  for (let i = 0; i < steps; i++) {
    const sigma = f32(
      steps === 1 ? 1 : 1 + i * ((1 / steps - 1) / (steps - 1)),
    );
    sigmas.push(
      config.useDynamicShifting
        ? f32(expMu / f32(expMu + f32(f32(1 / sigma) - 1)))
        : f32(
          f32(f32(config.shift) * sigma) /
            f32(1 + f32(f32(config.shift - 1) * sigma)),
        ),
    );
  }
  sigmas.push(0);
  return sigmas;
}

/**
 * μ on the line through the base and the maximal sequence length.
 *
 * A line that rises, as FLUX's, goes on beyond both as in diffusers. One that
 * falls stays within its two shifts: beyond them, all σ but the first would soon
 * be 0.
 */
function shiftMu(config: SchedulerConfig, imageTokens: number): number {
  const { baseShift, maxShift, baseImageSeqLen, maxImageSeqLen } = config;
  const slope = (maxShift - baseShift) / (maxImageSeqLen - baseImageSeqLen);
  const mu = imageTokens * slope + (baseShift - slope * baseImageSeqLen);
  if (slope >= 0) return mu;
  const [least, most] = [baseShift, maxShift].sort((a, b) => a - b);
  return Math.min(Math.max(mu, least!), most!);
}
