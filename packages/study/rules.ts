import { z } from "zod";

/** Rules of exclusion, which stand in the study's file before anybody answers. */
export interface Rules {
  /** Least share of the tasks that a person answers. */
  readonly leastAnswered: number;
  /** Largest share of the attention checks that may be wrong. */
  readonly mostWrongChecks: number;
  /** Least share of the answers to doubled tasks that are alike. */
  readonly leastConsistency: number;
  /** Least median time of a task in seconds. */
  readonly leastSeconds: number;
}

const SHARE = "must be a number from 0 to 1";
const SECONDS = "must be a number of at least 0";
const share = z.number(SHARE).min(0, SHARE).max(1, SHARE);

/** Rules of a file. */
export const rulesSchema: z.ZodType<Rules> = z.strictObject({
  leastAnswered: share.default(0.5),
  mostWrongChecks: share.default(0.2),
  leastConsistency: share.default(0.5),
  leastSeconds: z.number(SECONDS).min(0, SECONDS).default(2),
});

/** Rules of exclusion where none are given. */
export const DEFAULT_RULES: Rules = rulesSchema.parse({});

/**
 * Rules from a JSON value that names some of them.
 *
 * @param value The value, e.g. `{ leastSeconds: 3 }`.
 * @param where What it was read from, for messages.
 * @returns The rules, the others as by default.
 *
 * @throws {Error} If a rule is unknown or out of range.
 *
 * @example Usage
 * ```ts
 * import { DEFAULT_RULES, rulesOf } from "@edit-transfer/study";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(rulesOf({}, "rules.json"), DEFAULT_RULES);
 * assert.throws(() => rulesOf({ leastAnswered: 2 }, "rules.json"));
 * ```
 */
export function rulesOf(value: unknown, where: string): Rules {
  const { success, data, error } = rulesSchema.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  throw new Error(
    `Cannot read rules "${where}" as ${
      issue?.code === "unrecognized_keys"
        ? `they must be of ${Object.keys(DEFAULT_RULES).join(", ")}: got "${
          issue.keys[0]
        }"`
        : `${issue!.path.join(".") || "they"} ${issue!.message}`
    }`,
  );
}
