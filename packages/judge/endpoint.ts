import { envVariable, oneLine } from "@edit-transfer/files";
import { retryAfterMs } from "@edit-transfer/hub/retry_after";
import { setTimeout as wait } from "node:timers/promises";
import type { Message } from "./chat.ts";
import { FinalError, JudgeError, PassingError } from "./judge_error.ts";
import { readCompletion, type Reply } from "./read_completion.ts";

/** Variables that a key is taken from, the first that is set. */
export const KEY_VARIABLES = [
  "EDIT_TRANSFER_JUDGE_KEY",
  "OPENAI_API_KEY",
] as const;

/** Tries of a request. */
const TRIES = 5;
/** Requests in a row that fail before nothing more is asked. */
const FAILURES = 3;
/** Longest time that an endpoint may ask to wait, in ms. */
const LONGEST_WAIT = 300_000;
/** Most bytes of an answer. */
const MOST_BYTES = 2 ** 20;
/** Answers that another try may change. */
const PASSING = new Set([408, 409, 425, 429, 500, 502, 503, 504, 529]);
/** Answers that hold for all requests. */
const FINAL = new Set([401, 402, 403, 404, 405]);

/** Where a judge is, and how it is asked. */
export interface EndpointOptions {
  /** Address, e.g. `"http://localhost:8000/v1"`. */
  readonly url: string;
  /** Name of the model. */
  readonly model: string;
  /**
   * Key of the endpoint.
   *
   * @default {the variable EDIT_TRANSFER_JUDGE_KEY, else OPENAI_API_KEY}
   */
  readonly key?: string | undefined;
  /**
   * Temperature at which the model answers.
   *
   * @default {the endpoint's}
   */
  readonly temperature?: number | undefined;
  /**
   * Longest time of an answer, in ms.
   *
   * @default {180_000}
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Pause before the second try in ms; doubled at each one.
   *
   * @default {1000}
   */
  readonly retryMs?: number | undefined;
  /** Ends requests with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Takes a sentence now and then, e.g. that the endpoint asks to wait. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/** An endpoint of OpenAI's chat completions. */
export interface Endpoint {
  /** Reply to a conversation. */
  complete(messages: readonly Message[]): Promise<Reply>;
  /** Text without the key, and on one line. */
  safe(text: string): string;
}

/**
 * An endpoint, which is asked again while it may answer: refused and reset
 * connections, silence, too many requests, failures of the server.
 *
 * @throws {Error} If the address or the key cannot be one.
 */
export function openEndpoint(options: EndpointOptions): Endpoint {
  const { model, temperature, timeoutMs = 180_000, retryMs = 1000 } = options;
  const { signal, onNotice = () => {} } = options;
  const address = addressOf(options.url);
  const key = checkedKey(options.key ?? keyOfEnvironment());
  const safe = (text: string) =>
    oneLine(key === undefined ? text : text.replaceAll(key, "…"));
  const who = `${address.origin}${address.pathname}`;
  const fails = (reason: string) =>
    `Cannot judge as ${who} must answer: got ${safe(reason)}`;
  let free = 0; // time until which the endpoint asks to be left alone
  let failures = 0;
  let ended: FinalError | undefined;

  /** One try. */
  const once = async (messages: readonly Message[]): Promise<Reply> => {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(address, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          ...key !== undefined && { Authorization: `Bearer ${key}` },
        },
        body: JSON.stringify({
          model,
          messages,
          ...temperature !== undefined && { temperature },
        }),
        redirect: "manual", // another host must not get key and pictures
        signal: AbortSignal.any([
          timeout,
          ...signal === undefined ? [] : [signal],
        ]),
      });
      const body = await readBody(response);
      if (response.ok) return readCompletion(body);
      throw failureOf(response, body);
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof JudgeError) throw cause;
      const reason = timeout.aborted
        ? `no answer within ${timeoutMs / 1000} s`
        : reasonOf(cause);
      throw new PassingError(fails(reason), 0, { cause });
    }
  };

  const failureOf = (
    { status, headers }: Response,
    body: string | undefined,
  ): JudgeError => {
    const said = messageOf(body);
    const reason = `status ${status}${said === "" ? "" : `, "${said}"`}`;
    if (status >= 300 && status < 400) {
      return new FinalError(
        fails(`${reason}; name the address that it sends on to`),
      );
    }
    if (status === 401 || status === 403) {
      return new FinalError(
        `${fails(reason)}; ${
          key === undefined
            ? `no key is set in ${KEY_VARIABLES.join(" or ")}`
            : "the key was refused"
        }`,
      );
    }
    if (FINAL.has(status)) return new FinalError(fails(reason));
    if (!PASSING.has(status)) return new JudgeError("down", fails(reason));
    const waitMs = retryAfterMs(headers.get("Retry-After"));
    return waitMs <= LONGEST_WAIT
      ? new PassingError(fails(reason), waitMs)
      : new FinalError(
        `${fails(reason)}; judge again in ${
          Math.ceil(waitMs / 60_000)
        } min, as it asks`,
      );
  };

  const complete = async (messages: readonly Message[]): Promise<Reply> => {
    for (let tries = 1;; tries++) {
      if (ended !== undefined) throw ended;
      const pause = free - Date.now();
      if (pause > 0) await wait(pause, undefined, signal && { signal });
      try {
        const reply = await once(messages);
        failures = 0;
        return reply;
      } catch (error) {
        if (error instanceof FinalError) ended = error;
        if (!(error instanceof PassingError)) throw error;
        if (tries === TRIES) {
          failures++;
          if (failures >= FAILURES) {
            ended = new FinalError(error.message, { cause: error });
          }
          throw error;
        }
        const pause = Math.max(retryMs * 2 ** (tries - 1), error.waitMs);
        free = Math.max(free, Date.now() + pause);
        if (error.waitMs > 10_000) {
          onNotice(`${who} asks to wait ${Math.ceil(error.waitMs / 1000)} s`);
        }
      }
    }
  };
  return { complete, safe };
}

/** Address of chat completions, from one as clients of OpenAI take it. */
export function addressOf(url: string): URL {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new Error(
      `Cannot judge as the endpoint must be an http or https address: got "${url}"`,
    );
  }
  const address = new URL(url);
  if (address.username !== "" || address.password !== "") {
    throw new Error(
      `Cannot judge as the endpoint must be without a name and password: set ${
        KEY_VARIABLES[0]
      } instead`,
    );
  }
  const path = address.pathname.replace(/\/+$/, "");
  if (!path.endsWith("/chat/completions")) {
    address.pathname = `${path === "" ? "/v1" : path}/chat/completions`;
  }
  return address;
}

function keyOfEnvironment(): string | undefined {
  return KEY_VARIABLES.map(envVariable).find((key) => key);
}

/** A key that fits a header; what is wrong with another is told without it. */
function checkedKey(key: string | undefined): string | undefined {
  const trimmed = key?.trim();
  if (trimmed === undefined || /^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  throw new Error(
    `Cannot judge as the key must be printable ASCII without spaces: got another in ${
      KEY_VARIABLES.join(" or ")
    }`,
  );
}

/** The body as text; undefined beyond the limit. */
async function readBody(response: Response): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    bytes += part.length;
    if (bytes > MOST_BYTES) return undefined; // leaving the loop ends the answer
  }
  return await new Blob(parts as Uint8Array<ArrayBuffer>[]).text();
}

/** What a body says of an error, on one line. */
function messageOf(body: string | undefined): string {
  let said = body ?? "";
  try {
    const { error } = JSON.parse(said);
    said = String(error?.message ?? error);
  } catch {
    said = /^\s*</.test(said) ? "" : said; // a page says nothing
  }
  return said.trim().replaceAll('"', "'").slice(0, 200);
}

/** Why a request failed: what is below "fetch failed", if it is told. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return ((cause as Error | undefined)?.message || message)
    .replace(/^error sending request for url \(.*?\): /, "").slice(0, 200);
}
