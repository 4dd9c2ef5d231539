/**
 * How noise levels are drawn in training: logit-normal, uniform, or uniform and
 * then shifted as the sigmas of an edit are.
 */
export type TimestepKind = "sigmoid" | "uniform" | "shift";

/** Options of {@linkcode sampleTimestep}. */
export interface SampleTimestepOptions {
  /**
   * Factor s of the shift.
   *
   * @default {3}
   */
  readonly shift?: number | undefined;
  /**
   * Mean m of the normal numbers of `sigmoid`; above 0 draws more noise.
   *
   * @default {0}
   */
  readonly mean?: number | undefined;
  /**
   * Their deviation d.
   *
   * @default {1}
   */
  readonly deviation?: number | undefined;
}

/**
 * Draws a noise level for a training step.
 *
 * `sigmoid`: `σ = 1 / (1 + e^(−m − d n))`, n standard normal; `uniform`: σ = u;
 * `shift`: `σ = s u / (1 + (s − 1) u)`, u uniform in (0, 1).
 *
 * Source: `set_train_timesteps` in ostris/ai-toolkit,
 * `toolkit/samplers/custom_flowmatch_sampler.py`, without its table of 1000
 * levels.
 *
 * @param random Gives uniform numbers in [0, 1).
 * @param kind Distribution.
 * @param options See {@linkcode SampleTimestepOptions}.
 * @returns σ in (0, 1), rounded to f32.
 *
 * @throws {RangeError} If the shift or the deviation is not a number > 0.
 *
 * @example Usage
 * ```ts
 * import { sampleTimestep } from "@edit-transfer/flow";
 * import assert from "node:assert/strict";
 *
 * assert.equal(sampleTimestep(() => 0.5, "uniform"), 0.5);
 * assert.equal(sampleTimestep(() => 0.5, "shift", { shift: 3 }), 0.75);
 * ```
 */
export function sampleTimestep(
  random: () => number,
  kind: TimestepKind,
  options: SampleTimestepOptions = {},
): number {
  const { shift = 3, mean = 0, deviation = 1 } = options;
  for (const [name, value] of Object.entries({ shift, deviation })) {
    if (value > 0 && value < Infinity) continue;
    throw new RangeError(
      `Cannot draw a timestep as the ${name} must be a number > 0: got ${value}`,
    );
  }
  const u = open(random());
  if (kind === "uniform") return inside(u);
  if (kind === "shift") return inside(shift * u / (1 + (shift - 1) * u));
  const normal = Math.sqrt(-2 * Math.log(u)) *
    Math.cos(2 * Math.PI * random());
  return inside(1 / (1 + Math.exp(-(mean + deviation * normal))));
}

/** A number of [0, 1) moved into (0, 1). */
function open(u: number): number {
  return Math.max(u, 2 ** -53);
}

/** The nearest f32 in (0, 1). */
function inside(sigma: number): number {
  return Math.min(1 - 2 ** -24, Math.max(2 ** -24, Math.fround(sigma)));
}
