import { setTimeout } from "node:timers/promises";
import { TransientError } from "./transient_error.ts";

/** Options of {@linkcode backOff}. */
export interface BackOffOptions {
  /**
   * Tries in all.
   *
   * @default {6}
   */
  readonly tries?: number | undefined;
  /**
   * Milliseconds before the second try; each later wait is twice as long, at
   * most `longestMs`.
   *
   * @default {200}
   */
  readonly firstMs?: number | undefined;
  /**
   * Longest wait in milliseconds.
   *
   * @default {10000}
   */
  readonly longestMs?: number | undefined;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
  /** Told before each wait. */
  readonly onWait?:
    | ((error: TransientError, milliseconds: number) => void)
    | undefined;
}

/**
 * Result of a task that is tried again, later and later, while it throws a
 * {@linkcode TransientError}.
 *
 * Waits are drawn from the upper half of their length, so that machines that
 * failed together do not come back together.
 *
 * @param task The task.
 * @param options See {@linkcode BackOffOptions}.
 * @returns What the task gives in the end.
 *
 * @throws {TransientError} That of the last try.
 *
 * @example Usage
 * ```ts
 * import { backOff, TransientError } from "@edit-transfer/store";
 * import assert from "node:assert/strict";
 *
 * let tries = 0;
 * const result = await backOff(() => {
 *   if (++tries < 3) throw new TransientError("Busy");
 *   return Promise.resolve("done");
 * }, { firstMs: 1 });
 * assert.equal(result, "done");
 * assert.equal(tries, 3);
 * ```
 */
export async function backOff<Result>(
  task: () => Promise<Result>,
  options: BackOffOptions = {},
): Promise<Result> {
  const { tries = 6, firstMs = 200, longestMs = 10_000, signal } = options;
  for (let number = 1;; number++) {
    try {
      return await task();
    } catch (error) {
      if (!(error instanceof TransientError) || number >= tries) throw error;
      const length = Math.min(longestMs, firstMs * 2 ** (number - 1));
      const wait = length * (0.5 + Math.random() / 2);
      options.onWait?.(error, wait);
      await setTimeout(wait, undefined, { signal });
    }
  }
}
