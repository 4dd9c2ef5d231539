import type { FilePart } from "./blob_file.ts";
import { hubBody } from "./hub_body.ts";
import { HubError, PassingError, quoted } from "./hub_error.ts";
import type { ListedFile } from "./hub_listing.ts";
import type { HubRepo } from "./hub_repo.ts";
import { type HubAnswer, hubRequest, reasonOf } from "./hub_request.ts";

/**
 * Asks for a file from some byte on. A hub that cannot begin there is asked for
 * the whole file.
 */
export async function hubFile(
  hub: HubRepo,
  sha: string,
  file: ListedFile,
  start: number,
): Promise<FilePart> {
  const path = file.path.split("/").map(encodeURIComponent).join("/");
  const address = `${hub.hubUrl}/${hub.repo}/resolve/${sha}/${path}`;
  const ask = (range: Record<string, string>) =>
    hubRequest(hub, address, {
      elsewhere: true,
      // bytes that are packed could not be counted
      headers: { "Accept-Encoding": "identity", ...range },
    });
  let answer: HubAnswer | undefined;
  if (start > 0) {
    answer = await ask({ Range: `bytes=${start}-${file.size - 1}` })
      .catch((error) => {
        if (error instanceof HubError && error.status === 416) return undefined;
        throw error;
      });
    const begun = beginsAt(answer?.response);
    if (begun === start && answer !== undefined) {
      return part(hub, file, start, answer);
    }
    if (begun !== 0) {
      answer?.stop.abort();
      answer = undefined;
    }
  }
  return part(hub, file, 0, answer ?? await ask({}));
}

/** Byte that an answer begins with. */
function beginsAt(response: Response | undefined): number | undefined {
  if (response?.status !== 206) return response && 0;
  const range = response.headers.get("Content-Range");
  return Number(range?.match(/^bytes (\d{1,16})-/)?.[1] ?? NaN);
}

function part(
  hub: HubRepo,
  file: ListedFile,
  start: number,
  answer: HubAnswer,
): FilePart {
  const { headers } = answer.response;
  const encoding = headers.get("Content-Encoding") ?? "identity";
  if (encoding !== "identity") {
    answer.stop.abort();
    throw new HubError(
      `Cannot pull ${hub.repo} as the bytes of "${file.path}" come as they are: got them in ${
        quoted(encoding)
      }`,
      { repo: hub.repo },
    );
  }
  const length = headers.get("Content-Length");
  if (length !== null && Number(length) !== file.size - start) {
    answer.stop.abort();
    throw new HubError(
      `Cannot pull ${hub.repo} as "${file.path}" has ${
        file.size - start
      } bytes from byte ${start} on: the hub announces ${Number(length)}`,
      { repo: hub.repo },
    );
  }
  return { start, bytes: named(hub, file, start, hubBody(hub, answer)) };
}

/** Bytes whose end, if it comes too early, is a sentence. */
async function* named(
  { repo, signal }: HubRepo,
  { path }: ListedFile,
  start: number,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let at = start;
  try {
    for await (const chunk of bytes) {
      at += chunk.length;
      yield chunk;
    }
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new PassingError(
      `Cannot pull ${repo} as the connection must last: it dropped at byte ${at} ` +
        `of "${path}" (${reasonOf(cause)}); pull again to go on from there`,
      { repo, cause },
    );
  }
}
