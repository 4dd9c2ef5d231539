import { HubError, PassingError } from "./hub_error.ts";
import type { HubRepo } from "./hub_repo.ts";
import { retryAfterMs } from "./retry_after.ts";

/** Answers that another try may change. */
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

/** What an answer that is not a success means for the user. */
export function hubFailure(
  { repo, hubUrl, token, limits }: HubRepo,
  { status, headers }: Response,
  url: URL,
): HubError {
  const options = { repo, status };
  if (url.origin !== new URL(hubUrl).origin) {
    return new PassingError(
      `Cannot pull ${repo} as ${url.host}, where the hub keeps its files, must answer: ` +
        `got status ${status}; pull again to go on`,
      options,
    );
  }
  const who = token === undefined
    ? "no token was found in HF_TOKEN or the hub's token file"
    : `the token from ${token.from}`;
  if (headers.get("X-Error-Code") === "GatedRepo") {
    return new HubError(
      `Cannot pull ${repo} as its licence must be accepted: open ${hubUrl}/${repo}, ` +
        `accept it there, and set HF_TOKEN to a token of that account; ${who}${
          token === undefined ? "" : " is not of such an account"
        } (status ${status})`,
      options,
    );
  }
  if (status === 403) {
    return new HubError(
      `Cannot pull ${repo} as the hub must permit it: ${who}${
        token === undefined ? "" : " may not read this repository"
      } (status 403)`,
      options,
    );
  }
  if (status === 401) {
    return new HubError(
      `Cannot pull ${repo} as the hub must know the user: there is no such repository, or it is ` +
        `private; ${who}${
          token === undefined ? "" : " was refused"
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
  if (!PASSING.has(status)) return new HubError(message, options);
  const waitMs = retryAfterMs(headers.get("Retry-After"));
  return waitMs <= limits.waitMs
    ? new PassingError(message, { ...options, waitMs })
    : new HubError(
      `${message}; pull again in ${Math.ceil(waitMs / 60_000)} min, as it asks`,
      options,
    );
}
