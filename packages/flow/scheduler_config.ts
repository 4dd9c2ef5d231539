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

const positive = z.number().positive();
const off = z.union([z.literal(false), z.null()]).optional();

const schema = z.object({
  _class_name: z.literal("FlowMatchEulerDiscreteScheduler").optional(),
  shift: positive.default(1),
  use_dynamic_shifting: z.boolean().default(false),
  base_shift: z.number().nullable().default(0.5),
  max_shift: z.number().nullable().default(1.15),
  base_image_seq_len: positive.default(256),
  max_image_seq_len: positive.default(4096),
  time_shift_type: z.literal("exponential").optional(),
  shift_terminal: z.null().optional(),
  invert_sigmas: off,
  use_karras_sigmas: off,
  use_exponential_sigmas: off,
  use_beta_sigmas: off,
  stochastic_sampling: off,
});

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
 * @throws {SyntaxError} If it belongs to another scheduler, or asks for a
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
  const result = schema.safeParse(json);
  if (!result.success) {
    const [issue] = result.error.issues;
    const field = issue!.path.join(".");
    throw new SyntaxError(
      `Cannot read ${path} as ${
        field === "" ? "it" : `"${field}"`
      } does not fit a FlowMatchEulerDiscreteScheduler: ${issue!.message}`,
    );
  }
  const config = result.data;
  return {
    shift: config.shift,
    useDynamicShifting: config.use_dynamic_shifting,
    baseShift: config.base_shift ?? 0.5,
    maxShift: config.max_shift ?? 1.15,
    baseImageSeqLen: config.base_image_seq_len,
    maxImageSeqLen: config.max_image_seq_len,
  };
}
