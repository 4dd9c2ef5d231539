import { setTimeout } from "node:timers/promises";
import { ShortFileError } from "./blob_file.ts";
import { HubError } from "./hub_error.ts";
import { PassingError } from "./hub_fetch.ts";

/** Tries in a row without a new byte. */
const TRIES = 5;

/** Makes a request again while it may succeed; from the start where it got on. */
export async function retried<T>(
  run: () => Promise<T>,
  { signal, retryMs = 1000 }: {
    readonly signal: AbortSignal | undefined;
    readonly retryMs: number | undefined;
  },
): Promise<T> {
  for (let tries = 1;; tries++) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof PassingError)) throw error;
      if (error instanceof DroppedError && error.progressed) tries = 1;
      if (tries === TRIES) throw error;
      await setTimeout(retryMs * 2 ** (tries - 1), undefined, {
        ...(signal === undefined ? {} : { signal }),
      });
    }
  }
}

/** Thrown when a file ends before its end. */
class DroppedError extends PassingError {
  readonly progressed: boolean;

  constructor(
    message: string,
    options: ErrorOptions & { repo: string; progressed: boolean },
  ) {
    super(message, options);
    this.progressed = options.progressed;
  }
}

/** The error of a download that another try may finish; others as they are. */
export function connectionError(
  error: unknown,
  { repo, path, received, progressed }: {
    repo: string;
    path: string;
    received: number;
    progressed: boolean;
  },
): unknown {
  const isOurs = error instanceof HubError || error instanceof DOMException ||
    typeof (error as { code?: unknown } | undefined)?.code === "string";
  if (isOurs && !(error instanceof ShortFileError)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new DroppedError(
    `Cannot pull ${repo} as the connection must last: it dropped at byte ${received} ` +
      `of "${path}" (${reason}); pull again to go on from there`,
    { repo, progressed, cause: error },
  );
}
