import { expandedTail } from "./expanded_tail.ts";
import { quantile } from "./quantile.ts";
import type { Interval } from "./wilson.ts";

/** Options of {@linkcode bootstrap}. */
export interface BootstrapOptions {
  /** Uniform numbers in [0, 1). */
  readonly random: () => number;
  /**
   * Number of resamples.
   *
   * @default {2000}
   */
  readonly resamples?: number | undefined;
}

/**
 * 95 % percentile intervals of statistics, by drawing units with replacement.
 *
 * With several ways at once, e.g. people and cases, each is drawn for itself and
 * an answer counts by the product of its weights: answers of one person, or of
 * one case, need not be independent. Such intervals are wide rather than narrow;
 * those of few units are expanded, as Student's t is.
 *
 * Source: Efron & Tibshirani, "An introduction to the bootstrap", 1993, 13.3;
 * Owen, "The pigeonhole bootstrap", 2007; Hesterberg, "What teachers should know
 * about the bootstrap", 2015.
 *
 * @param counts Number of units in each way.
 * @param statistics The statistics, from how often each unit of each way was
 * drawn; NaN where one has no value, which is left out.
 * @param options See {@linkcode BootstrapOptions}.
 * @returns An interval for each statistic; NaN where none had a value, or one way
 * has fewer than two units.
 *
 * @example Usage
 * ```ts
 * import { bootstrap } from "@edit-transfer/statistics";
 * import assert from "node:assert/strict";
 *
 * const scores = [8, 9, 7];
 * let state = 1;
 * const random = () => (state = state * 48271 % 2147483647) / 2147483647;
 * const [mean] = bootstrap([3], ([drawn]) => [
 *   scores.reduce((sum, score, i) => sum + score * drawn![i]!, 0) / 3,
 * ], { random });
 * assert.ok(mean![0] >= 7 && mean![1] <= 9);
 * ```
 */
export function bootstrap(
  counts: readonly number[],
  statistics: (drawn: readonly Uint32Array[]) => readonly number[],
  options: BootstrapOptions,
): Interval[] {
  const { random, resamples = 2000 } = options;
  const drawn = counts.map((count) => new Uint32Array(count));
  const samples: number[][] = [];
  for (let k = 0; k < resamples; k++) {
    for (const units of drawn) {
      units.fill(0);
      for (let i = 0; i < units.length; i++) {
        units[Math.floor(random() * units.length)]!++;
      }
    }
    for (const [i, value] of statistics(drawn).entries()) {
      const sample = samples[i] ??= [];
      if (!Number.isNaN(value)) sample.push(value);
    }
  }
  const tail = expandedTail(Math.min(...counts));
  return samples.map((sample) =>
    Number.isNaN(tail)
      ? [NaN, NaN]
      : [quantile(sample, tail), quantile(sample, 1 - tail)]
  );
}
