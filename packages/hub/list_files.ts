import { hubDocument } from "./hub_document.ts";
import { HubError } from "./hub_error.ts";
import {
  type ListedFile,
  nextPage,
  parseCommit,
  parseListing,
} from "./hub_listing.ts";
import type { HubRepo } from "./hub_repo.ts";
import { retried } from "./retried.ts";

/** Commit of a revision, and its files. */
export async function listFiles(
  hub: HubRepo,
  revision: string,
  retryMs: number | undefined,
): Promise<{ sha: string; files: ListedFile[] }> {
  const { repo, hubUrl, limits } = hub;
  const end = new AbortController();
  const timer = setTimeout(
    () =>
      end.abort(
        new HubError(
          `Cannot pull ${repo} as ${hubUrl} must list its files within ${limits.listingMs} ms: got no end`,
          { repo },
        ),
      ),
    limits.listingMs,
  );
  const ask = (address: string) =>
    retried(() => hubDocument(hub, address, end.signal), {
      signal: AbortSignal.any([end.signal, hub.signal ?? end.signal]),
      retryMs,
    });
  try {
    const models = `${hubUrl}/api/models/${repo}`;
    const name = encodeURIComponent(revision);
    const { json } = await ask(`${models}/revision/${name}?expand=sha`);
    const sha = parseCommit(json, { repo, revision });
    const files: ListedFile[] = [];
    let page: string | undefined = `${models}/tree/${sha}?recursive=true`;
    for (let pages = 1; page !== undefined; pages++) {
      const { json, headers } = await ask(page);
      for (const file of parseListing(json, repo)) files.push(file);
      page = nextPage(headers.get("Link"), page, repo);
      const isEndless = page !== undefined && pages >= limits.pages;
      if (isEndless || files.length > limits.files) {
        throw new HubError(
          `Cannot pull ${repo} as it has at most ${limits.files} files on ${limits.pages} pages: got more`,
          { repo },
        );
      }
    }
    return { sha, files };
  } catch (error) {
    if (end.signal.aborted && !hub.signal?.aborted) throw end.signal.reason;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
