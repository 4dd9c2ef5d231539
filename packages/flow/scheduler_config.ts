import {
  integerIn,
  LIMITS,
  numberIn,
  positiveTo,
} from "@edit-transfer/files/limits";
import { parseModelConfig } from "@edit-transfer/weights";
import { z } from "zod";

/** The part of a scheduler's config that decides its sigmas. */
export interface SchedulerConfig {
  /** Shift `s` of a static schedule; unused when shifting is dynamic. */
  readonly shift: number;
  /** Whether the shift depends on the number of image tokens. */
  readonly useDynamicShifting: boolean;
  /** μ at `baseImageSeqLen` tokens. */
  readonly baseShift: number;
  /** μ at `maxImageSeqLen` tokens. */
  readonly maxShift: number;
  /** Tokens at which μ is `baseShift`. */
  readonly baseImageSeqLen: number;
  /** Tokens at which μ is `maxShift`. */
  readonly maxImageSeqLen: number;
}

const RULES = {
  flag: "must be true or false",
  off: "must be off, as FLUX uses no such schedule",
};
const number = (value: number) =>
  numberIn(LIMITS.shift).nullable().default(value);
const length = (value: number) => integerIn(LIMITS.imageLength).default(value);
const off = z.union([z.literal(false), z.null()], RULES.off).optional();

const schema = z.object({
  shift: positiveTo(LIMITS.shift[1]).default(1),
  use_dynamic_shifting: z.boolean(RULES.flag).default(false),
  base_shift: number(0.5),
  max_shift: number(1.15),
  base_image_seq_len: length(256),
  max_image_seq_len: length(4096),
  time_shift_type: z.literal("exponential", 'must be "exponential"').optional(),
  shift_terminal: off,
  invert_sigmas: off,
  use_karras_sigmas: off,
  use_exponential_sigmas: off,
  use_beta_sigmas: off,
  stochastic_sampling: off,
}).refine(
  (config) => config.max_image_seq_len !== config.base_image_seq_len,
  {
    path: ["max_image_seq_len"],
    error: "must differ from base_image_seq_len",
  },
);

/**
 * Reads `scheduler_config.json`.
 *
 * Source: `FlowMatchEulerDiscreteScheduler` in huggingface/diffusers@v0.42.1,
 * whose defaults apply to fields that are left out.
 *
 * @param json Content of the file, parsed.
 * @param path Path of the file, for messages.
 * @returns The config.
 *
 * @throws {FormatError} If it belongs to another scheduler, or asks for a
 * variant of this one that FLUX does not use.
 *
 * @example Usage
 * ```ts
 * import { parseSchedulerConfig } from "@edit-transfer/flow";
 * import assert from "node:assert/strict";
 *
 * assert.equal(parseSchedulerConfig({}).maxShift, 1.15);
 * ```
 */
export function parseSchedulerConfig(
  json: unknown,
  path: string = "scheduler_config.json",
): SchedulerConfig {
  const config = parseModelConfig(json, schema, {
    path,
    architecture: "FlowMatchEulerDiscreteScheduler",
  });
  return {
    shift: config.shift,
    useDynamicShifting: config.use_dynamic_shifting,
    baseShift: config.base_shift ?? 0.5,
    maxShift: config.max_shift ?? 1.15,
    baseImageSeqLen: config.base_image_seq_len,
    maxImageSeqLen: config.max_image_seq_len,
  };
}
