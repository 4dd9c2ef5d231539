/**
 * What numbers of users may be, wherever they come from: a flag, a record in a
 * picture, a line of jobs, a config. One table, so that none of them starts what
 * another refuses, and nothing is allocated for a slip of the hand.
 *
 * @example Usage
 * ```ts
 * import { integerIn, LIMITS } from "@edit-transfer/files/limits";
 * import assert from "node:assert/strict";
 *
 * const steps = integerIn(LIMITS.steps);
 * assert.equal(steps.safeParse(9e15).success, false);
 * ```
 *
 * @module
 */
import { z } from "zod";

/** Least and most that a number may be, both included. */
export type Range = readonly [least: number, most: number];

/** Ranges by what the number is. */
export const LIMITS = {
  /** Pixels of a side of a picture or panel. */
  side: [1, 4096],
  /** Pixels of a side of a drawn panel. */
  figureSide: [8, 4096],
  /** Euler steps. */
  steps: [1, 100_000],
  /** Guidance scale. */
  guidance: [0, 1000],
  /** Strength of an edit. */
  strength: [-0.5, 2],
  /** Scale of a LoRA. */
  loraScale: [-1000, 1000],
  /** Seed of what is drawn or trained: integers that a float64 holds. */
  seed: [0, Number.MAX_SAFE_INTEGER],
  /** Seeds of a range, or that are ranked together. */
  seedsAtOnce: [2, 256],
  /** Seeds of each case of an evaluation. */
  seedsEach: [1, 256],
  /** Cases or figures of a set. */
  cases: [1, 1_000_000],
  /** Edits of a figure made at once. */
  compose: [1, 3],
  /** Figures on which an edit is made. */
  identities: [2, 16],
  /** Rows of a contact sheet. */
  sheetRows: [0, 1000],

  /** Temperature of a language model. */
  temperature: [0, 2],
  /** Times that a judge is asked the same. */
  repeats: [1, 100],
  /** Requests made at once. */
  parallel: [1, 64],

  /** Tasks of a step of training. */
  batchSize: [1, 4096],
  /** Steps of a training, and of its warm-up from 0. */
  trainSteps: [1, 10_000_000],
  /** Batches whose gradients are added up. */
  accumulation: [1, 10_000],
  /** Steps between two checkpoints or samples, and how many are kept. */
  every: [1, 1_000_000_000],
  /** Rank of a LoRA. */
  rank: [1, 4096],
  /** Tasks that are sampled or validated. */
  samples: [0, 10_000],

  /** Bytes of a weight file's header, as in `huggingface_hub`. */
  headerBytes: [0, 25_000_000],
  /** Arrays of a weight file, and entries of its metadata. */
  arrays: [0, 100_000],
  /** Layers or blocks of a model. */
  layers: [0, 1024],
  /** Channels of a layer, heads times their width included. */
  width: [1, 65_536],
  /** Heads of an attention. */
  heads: [1, 1024],
  /** Tokens in a vocabulary. */
  vocabulary: [1, 1_048_576],
  /** Tokens of a text. */
  textLength: [2, 4096],
  /** Levels of an autoencoder, each half the size of the one before. */
  levels: [1, 8],
  /** Tokens of a picture, in a scheduler's config. */
  imageLength: [1, 16_777_216],
  /** Shift of a schedule. */
  shift: [-1000, 1000],
} as const satisfies Record<string, Range>;

/** Largest seed of noise, as `torch.manual_seed` takes it. */
export const MAX_SEED = 2n ** 64n - 1n;

/**
 * Seeds of noise: integers from 0 to 2⁶⁴ − 1, beyond 2⁵³ as bigints.
 *
 * @returns Schema whose messages are the end of a sentence.
 *
 * @example Usage
 * ```ts
 * import { noiseSeed } from "@edit-transfer/files/limits";
 * import assert from "node:assert/strict";
 *
 * assert.equal(noiseSeed().parse(2n ** 64n - 1n), 2n ** 64n - 1n);
 * assert.equal(noiseSeed().safeParse(2 ** 53).success, false);
 * ```
 */
export function noiseSeed(): z.ZodUnion<readonly [z.ZodInt, z.ZodBigInt]> {
  const rule = `must be an integer from 0 to ${MAX_SEED}`;
  const [least, most] = LIMITS.seed;
  return z.union([
    z.int(rule).min(least, rule).max(most, rule),
    z.bigint(rule).gt(BigInt(most), rule).max(MAX_SEED, rule),
  ], rule);
}

/**
 * Integers in a range.
 *
 * @param range Least and most.
 * @returns Schema whose messages are the end of a sentence.
 *
 * @example Usage
 * ```ts
 * import { integerIn } from "@edit-transfer/files/limits";
 * import assert from "node:assert/strict";
 *
 * const [issue] = integerIn([1, 3]).safeParse(4).error!.issues;
 * assert.equal(issue!.message, "must be an integer from 1 to 3");
 * ```
 */
export function integerIn([least, most]: Range): z.ZodInt {
  const rule = `must be an integer from ${least} to ${most}`;
  return z.int(rule).min(least, rule).max(most, rule);
}

/**
 * Numbers in a range.
 *
 * @param range Least and most.
 * @returns Schema whose messages are the end of a sentence.
 *
 * @example Usage
 * ```ts
 * import { numberIn } from "@edit-transfer/files/limits";
 * import assert from "node:assert/strict";
 *
 * const [issue] = numberIn([0, 1]).safeParse("1").error!.issues;
 * assert.equal(issue!.message, "must be a number from 0 to 1");
 * ```
 */
export function numberIn([least, most]: Range): z.ZodNumber {
  const rule = `must be a number from ${least} to ${most}`;
  return z.number(rule).min(least, rule).max(most, rule);
}

/**
 * Numbers above 0.
 *
 * @param most Largest of them.
 * @returns Schema whose messages are the end of a sentence.
 *
 * @example Usage
 * ```ts
 * import { positiveTo } from "@edit-transfer/files/limits";
 * import assert from "node:assert/strict";
 *
 * const [issue] = positiveTo(1).safeParse(0).error!.issues;
 * assert.equal(issue!.message, "must be a number above 0, at most 1");
 * ```
 */
export function positiveTo(most: number): z.ZodNumber {
  const rule = `must be a number above 0, at most ${most}`;
  return z.number(rule).positive(rule).max(most, rule);
}
