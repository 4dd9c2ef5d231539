import { HubError, quoted } from "./hub_error.ts";
import { isCommit } from "./hub_repo.ts";

/** A file as the hub lists it; its name may be any text. */
export interface ListedFile {
  /** Path in the repository. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the content, or git's SHA-1 of a small file. */
  readonly hash: { readonly kind: "sha256" | "git"; readonly hex: string };
}

/** Commit of a revision, from the hub's answer about it. */
export function parseCommit(
  json: unknown,
  { repo, revision }: { readonly repo: string; readonly revision: string },
): string {
  const sha = isObject(json) ? json.sha : undefined;
  if (!isCommit(sha) || (isCommit(revision) && sha !== revision)) {
    throw new HubError(
      `Cannot pull ${repo} as its revision must be ${
        isCommit(revision) ? `commit ${revision}` : "a commit"
      }: got ${quoted(sha)}`,
      { repo },
    );
  }
  return sha;
}

/** Files of a page of the hub's list, which has folders too. */
export function parseListing(json: unknown, repo: string): ListedFile[] {
  if (!Array.isArray(json)) {
    throw new HubError(
      `Cannot pull ${repo} as its list of files must be a list: got ${
        json === null ? "null" : typeof json
      }`,
      { repo },
    );
  }
  return json.filter((entry) => !isObject(entry) || entry.type === "file")
    .map((entry) => parseFile(entry, repo));
}

function parseFile(entry: unknown, repo: string): ListedFile {
  const { path, size, oid, lfs } = isObject(entry) ? entry : {};
  const large = isObject(lfs) ? lfs : undefined;
  const file = {
    path,
    size: large?.size ?? size,
    hash: large === undefined
      ? { kind: "git", hex: oid } as const
      : { kind: "sha256", hex: large.oid } as const,
  };
  if (!isListed(file)) {
    throw new HubError(
      `Cannot pull ${repo} as each file has a path, a size and a hash: got ${
        quoted(path)
      }, ${quoted(file.size)} and ${quoted(file.hash.hex)}`,
      { repo },
    );
  }
  return file;
}

/** Whether the parts of an entry have their types and ranges. */
function isListed(file: {
  path: unknown;
  size: unknown;
  hash: { kind: "git" | "sha256"; hex: unknown };
}): file is ListedFile {
  const { path, size, hash: { kind, hex } } = file;
  return typeof path === "string" &&
    Number.isSafeInteger(size) && Number(size) >= 0 &&
    typeof hex === "string" &&
    (kind === "git" ? /^[0-9a-f]{40}$/ : /^[0-9a-f]{64}$/).test(hex);
}

/** Address of the next page, from the header `Link`; it is the hub's own. */
export function nextPage(
  link: string | null,
  page: string,
  repo: string,
): string | undefined {
  const next = link?.split(/,\s*(?=<)/)
    .find((each) => /;\s*rel="?next"?\s*(;|$)/i.test(each));
  if (next === undefined) return undefined;
  const [, to = ""] = next.match(/^\s*<([^>]*)>/) ?? [];
  const { origin } = new URL(page);
  if (!URL.canParse(to, page) || new URL(to, page).origin !== origin) {
    throw new HubError(
      `Cannot pull ${repo} as the next page of its files is at ${origin} too: got ${
        quoted(to)
      }`,
      { repo },
    );
  }
  return new URL(to, page).href;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
