import type { Fault } from "./judge_error.ts";
import type { Verdict } from "./judge.ts";

const REASONS: Readonly<Record<Fault, string>> = {
  down: "the judge gave no reply",
  refused: "the judge refused",
  unreadable: "the judge's reply could not be read, twice",
};

/**
 * A sentence for each kind of fault that left verdicts without a score.
 *
 * @param verdicts The verdicts.
 * @returns The sentences; none where all have a score.
 *
 * @example Usage
 * ```ts
 * import { unscoredNotices } from "@edit-transfer/judge";
 * import assert from "node:assert/strict";
 *
 * const refused = { fault: "refused", reason: "I cannot look at people" } as const;
 * assert.deepEqual(unscoredNotices([{ score: 9 }, refused]), [
 *   "1 of 2 judgements has no score as the judge refused: I cannot look at people",
 * ]);
 * ```
 */
export function unscoredNotices(
  verdicts: readonly Verdict<unknown>[],
): string[] {
  const faults = verdicts.filter((verdict) => "fault" in verdict);
  return [...Map.groupBy(faults, ({ fault }) => fault)].map(
    ([fault, [first, ...others]]) => {
      const count = 1 + others.length;
      return `${count} of ${verdicts.length} judgements ${
        count === 1 ? "has" : "have"
      } no score as ${REASONS[fault]}${count === 1 ? "" : ", first"}: ${
        first!.reason
      }`;
    },
  );
}
