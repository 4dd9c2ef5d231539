/** How the learning rate changes over a run. */
export interface LearningRateOptions {
  /** Highest rate. */
  readonly lr: number;
  /** Constant, or down to 0 over half a cosine. */
  readonly schedule: "constant" | "cosine";
  /** Steps over which it rises linearly from 0. */
  readonly warmup: number;
  /** Steps of the run. */
  readonly steps: number;
}

/**
 * Rate of a step, from 0: `lr · (k + 1) / warmup` in the warm-up, then `lr`, or
 * `lr · (1 + cos(π t)) / 2` with t from 0 to 1 over the steps that are left.
 */
export function learningRate(
  step: number,
  { lr, schedule, warmup, steps }: LearningRateOptions,
): number {
  if (step < warmup) return lr * (step + 1) / warmup;
  if (schedule === "constant") return lr;
  const t = (step - warmup) / Math.max(1, steps - warmup);
  return lr * (1 + Math.cos(Math.PI * Math.min(1, t))) / 2;
}
