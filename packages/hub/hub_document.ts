import { hubBody } from "./hub_body.ts";
import { HubError, PassingError, quoted } from "./hub_error.ts";
import type { HubRepo } from "./hub_repo.ts";
import { hubRequest, reasonOf } from "./hub_request.ts";

/** An answer in JSON, of any shape. */
export interface HubDocument {
  readonly json: unknown;
  readonly headers: Headers;
}

/** Asks the hub itself for an answer in JSON. */
export async function hubDocument(
  hub: HubRepo,
  address: string,
  signal: AbortSignal,
): Promise<HubDocument> {
  const { repo, hubUrl, limits } = hub;
  const answer = await hubRequest(hub, address, {
    headers: { Accept: "application/json" },
    signal,
  });
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of hubBody(hub, answer)) {
      parts.push(part);
      size += part.length;
      if (size > limits.documentBytes) {
        throw new HubError(
          `Cannot pull ${repo} as an answer of ${hubUrl} has at most ${limits.documentBytes} bytes: got more`,
          { repo },
        );
      }
    }
  } catch (cause) {
    if (cause instanceof HubError || hub.signal?.aborted) throw cause;
    throw new PassingError(
      `Cannot pull ${repo} as ${hubUrl} must answer to the end: got ${
        reasonOf(cause)
      }`,
      { repo, cause },
    );
  }
  return {
    json: parseDocument(hub, await new Blob(parts as BlobPart[]).bytes()),
    headers: answer.response.headers,
  };
}

/** JSON of an answer's bytes. */
export function parseDocument(
  { repo, hubUrl }: Pick<HubRepo, "repo" | "hubUrl">,
  bytes: Uint8Array,
): unknown {
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HubError(
      `Cannot pull ${repo} as ${hubUrl} must answer in JSON: got ${
        quoted(text.slice(0, 40))
      }`,
      { repo, cause },
    );
  }
}
