import { HubError, PassingError, quoted } from "./hub_error.ts";
import { hubFailure } from "./hub_failure.ts";
import type { HubRepo } from "./hub_repo.ts";

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 10;

/** What a request asks for besides its address. */
export interface HubRequest {
  /** Whether another host may answer; it never gets the token. */
  readonly elsewhere?: boolean | undefined;
  /** Headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Ends the request early. */
  readonly signal?: AbortSignal | undefined;
}

/** An answer that has begun. */
export interface HubAnswer {
  readonly response: Response;
  /** Ends the answer; the body then fails with the reason. */
  readonly stop: AbortController;
}

/**
 * Asks the hub and follows where it sends. The token goes to the hub's origin,
 * and no more once a redirect has left it.
 */
export async function hubRequest(
  hub: HubRepo,
  address: string,
  { elsewhere = false, headers, signal }: HubRequest = {},
): Promise<HubAnswer> {
  const { repo, hubUrl, token } = hub;
  const { origin } = new URL(hubUrl);
  const stop = new AbortController();
  const signals = [stop.signal, hub.signal, signal]
    .filter((each) => each !== undefined);
  let url = new URL(address);
  let isOurs = true;
  for (let hops = 0;; hops++) {
    isOurs &&= url.origin === origin;
    const response = await begin(hub, url, stop, {
      headers: {
        ...headers,
        ...(isOurs && token !== undefined
          ? { Authorization: `Bearer ${token.token}` }
          : {}),
      },
      redirect: "manual",
      signal: AbortSignal.any(signals),
    });
    const location = response.headers.get("Location");
    if (response.ok) return { response, stop };
    response.body?.cancel().catch(() => {});
    if (!REDIRECTS.has(response.status) || location === null) {
      stop.abort();
      throw hubFailure(hub, response, url);
    }
    const next = URL.canParse(location, url.href)
      ? new URL(location, url)
      : undefined;
    if (
      hops === MOST_REDIRECTS || next === undefined ||
      !maySend(url, next, elsewhere)
    ) {
      stop.abort();
      throw new HubError(
        `Cannot pull ${repo} as ${url.host} must ${
          elsewhere
            ? "send on to an address as safe as its own"
            : "answer itself"
        }, at most ${MOST_REDIRECTS} times: got ${quoted(location.split("?")[0]) // what follows may be a key
        }`,
        { repo, status: response.status },
      );
    }
    url = next;
  }
}

/** Whether a redirect may be followed. */
function maySend(from: URL, to: URL, elsewhere: boolean): boolean {
  if (!elsewhere) return to.origin === from.origin;
  return to.protocol === "https:" ||
    (to.protocol === "http:" && from.protocol === "http:");
}

/** `fetch` until the headers are there, with failures as sentences. */
async function begin(
  { repo, hubUrl, limits, signal }: HubRepo,
  url: URL,
  stop: AbortController,
  init: RequestInit,
): Promise<Response> {
  const timer = setTimeout(
    () =>
      stop.abort(
        new DOMException(
          `no answer within ${limits.answerMs} ms`,
          "TimeoutError",
        ),
      ),
    limits.answerMs,
  );
  try {
    return await fetch(url, init);
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    if (cause instanceof HubError) throw cause;
    const who = url.origin === new URL(hubUrl).origin ? hubUrl : url.host;
    const reason = reasonOf(cause);
    const Failure = /certificate/i.test(reason) ? HubError : PassingError;
    throw new Failure(
      `Cannot pull ${repo} as ${who} must answer: got ${reason}`,
      { repo, cause },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Why a request failed: what is below "fetch failed", if it is told. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  const reason = cause instanceof Error ? cause.message : "";
  return (reason || message)
    .replace(/^error sending request for url \(.*?\): /, "").slice(0, 300);
}
