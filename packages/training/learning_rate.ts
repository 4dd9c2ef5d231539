/** How the learning rate changes over a run. */
export interface LearningRateOptions {
  /** Highest rate. */
  readonly lr: number;
  /** Constant, or down to `least` over half a cosine. */
  readonly schedule: "constant" | "cosine";
  /** Steps over which it rises linearly from 0. */
  readonly warmup: number;
  /** Steps of the run. */
  readonly steps: number;
  /**
   * Share of the steps after which the cosine begins, if the warm-up is over.
   *
   * @default {0}
   */
  readonly hold?: number | undefined;
  /**
   * Rate at the end of the cosine.
   *
   * @default {0}
   */
  readonly least?: number | undefined;
}

/**
 * Rate of a step, from 0: `lr · (k + 1) / warmup` in the warm-up, then `lr`, or
 * `least + (lr − least) · (1 + cos(π t)) / 2` with t from 0, where both warm-up
 * and hold are over, to 1 at the end.
 */
export function learningRate(
  step: number,
  { lr, schedule, warmup, steps, hold = 0, least = 0 }: LearningRateOptions,
): number {
  if (step < warmup) return lr * (step + 1) / warmup;
  if (schedule === "constant") return lr;
  const begin = Math.max(warmup, hold * steps);
  const t = (step - begin) / Math.max(1, steps - begin);
  const height = (1 + Math.cos(Math.PI * Math.min(1, Math.max(0, t)))) / 2;
  return least + (lr - least) * height;
}
