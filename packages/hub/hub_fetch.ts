import { HubError } from "./hub_error.ts";
import type { HubToken } from "./hub_token.ts";

/** Answers that another try may change. */
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

/** Thrown when the same request may succeed if it is made again. */
export class PassingError extends HubError {}

/** Repository that requests are about. */
export interface HubRepo {
  /** Name, e.g. `"black-forest-labs/FLUX.1-dev"`. */
  readonly repo: string;
  /** Address of the hub. */
  readonly hubUrl: string;
  /** Token of the user. */
  readonly token: HubToken | undefined;
}

/** `fetch` whose failures are sentences about the repository. */
export function hubFetch(hub: HubRepo, signal?: AbortSignal): typeof fetch {
  return async (input, init) => {
    let response: Response;
    try {
      response = await fetch(input, {
        ...init,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      throw new PassingError(
        `Cannot pull ${hub.repo} as ${hub.hubUrl} must answer: got ${
          reasonOf(cause)
        }`,
        { repo: hub.repo, cause },
      );
    }
    if (response.ok) return checkRange(hub, response, init);
    const { status, headers } = response;
    await response.body?.cancel();
    throw failure(hub, status, headers.get("X-Error-Code"));
  };
}

/** Refuses a whole file where its end was asked for. */
async function checkRange(
  { repo }: HubRepo,
  response: Response,
  init: RequestInit | undefined,
): Promise<Response> {
  const range = new Headers(init?.headers).get("Range");
  if (range === null || response.status === 206) return response;
  await response.body?.cancel();
  throw new HubError(
    `Cannot pull ${repo} as the hub must send "${range}": got the whole file`,
    { repo, status: response.status },
  );
}

function failure(
  { repo, hubUrl, token }: HubRepo,
  status: number,
  code: string | null,
): HubError {
  const options = { repo, status };
  const who = token === undefined
    ? "no token was found in HF_TOKEN or the hub's token file"
    : `the token from ${token.from} is not of such an account`;
  if (code === "GatedRepo" || status === 403) {
    return new HubError(
      `Cannot pull ${repo} as its licence must be accepted: open ${hubUrl}/${repo}, ` +
        `accept it there, and set HF_TOKEN to a token of that account; ${who} (status ${status})`,
      options,
    );
  }
  if (status === 401) {
    return new HubError(
      `Cannot pull ${repo} as the hub must know the user: there is no such repository, or it is ` +
        `private; ${
          token === undefined ? who : `the token from ${token.from} was refused`
        } (status 401)`,
      options,
    );
  }
  if (status === 404) {
    return new HubError(
      `Cannot pull ${repo} as ${hubUrl} must have it: there is no such repository, revision or file (status 404)`,
      options,
    );
  }
  const message =
    `Cannot pull ${repo} as ${hubUrl} must answer: got status ${status}`;
  return PASSING.has(status)
    ? new PassingError(message, options)
    : new HubError(message, options);
}

/** Why a request failed: what is below "fetch failed", if it is told. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const reason = cause instanceof Error ? cause.message : "";
  return reason.replace(/^error sending request for url \(.*?\): /, "") ||
    message;
}
