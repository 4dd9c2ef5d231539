import { setTimeout } from "node:timers/promises";
import { PassingError } from "./hub_error.ts";

/** Tries in a row that bring little. */
const TRIES = 5;
/** Tries in all. */
const MOST_TRIES = 100;
/** Bytes that are not little. */
const PROGRESS = 2 ** 20;

/** How a request is made again. */
export interface RetriedOptions {
  readonly signal: AbortSignal | undefined;
  /** Pause before the second try in ms; doubled at each one. */
  readonly retryMs: number | undefined;
  /** Bytes that are there. */
  readonly received?: (() => number) | undefined;
}

/** Makes a request again while it may succeed; from the start where it got on. */
export async function retried<T>(
  run: () => Promise<T>,
  { signal, retryMs = 1000, received = () => 0 }: RetriedOptions,
): Promise<T> {
  let best = received();
  let tries = 1;
  for (let all = 1;; all++, tries++) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof PassingError)) throw error;
      if (received() >= best + PROGRESS) {
        tries = 1;
        best = received();
      }
      if (tries === TRIES || all === MOST_TRIES) throw error;
      const pause = Math.max(retryMs * 2 ** (tries - 1), error.waitMs);
      await setTimeout(pause, undefined, { ...(signal && { signal }) });
    }
  }
}
