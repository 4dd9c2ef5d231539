import {
  downloadFile,
  getHFHubCachePath,
  getRepoFolderName,
  listFiles,
  modelInfo,
} from "@huggingface/hub";
import { randomUUID } from "node:crypto";
import {
  copyFile,
  mkdir,
  rename,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { fetchBlob, type HubFile, ShortFileError } from "./blob_file.ts";
import { HubError } from "./hub_error.ts";
import { hubFetch, type HubRepo, PassingError } from "./hub_fetch.ts";
import { findToken, type HubToken } from "./hub_token.ts";
import { selectFiles } from "./select_files.ts";

/** How far a pull is. */
export interface PullProgress {
  /** Path of the file in the repository. */
  readonly path: string;
  /** Bytes of all files that are there. */
  readonly received: number;
  /** Bytes of all files. */
  readonly total: number;
}

/** Options of {@linkcode pull}. */
export interface PullOptions {
  /**
   * Patterns of files to pull, see {@linkcode selectFiles}.
   *
   * @default {[]}
   */
  include?: readonly string[];
  /**
   * Branch, tag or commit.
   *
   * @default {"main"}
   */
  revision?: string;
  /**
   * Folder of the cache.
   *
   * @default {where `huggingface_hub` has it}
   */
  cacheDir?: string;
  /**
   * Address of the hub.
   *
   * @default {HF_ENDPOINT, or https://huggingface.co}
   */
  hubUrl?: string;
  /**
   * Token of the user; null for none.
   *
   * @default {what {@linkcode findToken} finds}
   */
  token?: HubToken | null;
  /** Called when bytes arrive. */
  onProgress?: (progress: PullProgress) => void;
  /** Stops the pull; what is there stays, for the next one to go on. */
  signal?: AbortSignal;
  /**
   * Pause before the second try of a request, in ms; doubled at each one.
   *
   * @default {1000}
   */
  retryMs?: number;
}

/** Tries in a row without a new byte. */
const TRIES = 5;

/**
 * Pulls a model repository into the hub's cache, as `huggingface_hub` lays it
 * out, so that files pulled before by either are not pulled again.
 *
 * An interrupted pull goes on where it ended. A file gets its name only with
 * the right hash. Two pulls into one cache do not disturb each other.
 *
 * Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 *
 * @param repo Name, e.g. `"black-forest-labs/FLUX.1-dev"`.
 * @param options See {@linkcode PullOptions}.
 * @returns Folder with the files, which can be used as a model folder.
 *
 * @throws {HubError} If the hub refuses, saying what to do, e.g. where to accept
 * a licence; if a hash is wrong; or if the connection drops again and again.
 * @throws {Error} If the cache cannot be written or is full.
 *
 * @example Usage
 * ```ts
 * import { pull } from "@edit-transfer/hub";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(pull("no-owner"), {
 *   message: 'Cannot pull "no-owner" as a repository is named OWNER/NAME: got no such name',
 * });
 * ```
 */
export async function pull(
  repo: string,
  options: PullOptions = {},
): Promise<string> {
  if (!/^[\w.-]+\/[\w.-]+$/.test(repo) || repo.includes("..")) {
    throw new HubError(
      `Cannot pull "${repo}" as a repository is named OWNER/NAME: got no such name`,
      { repo },
    );
  }
  const { env } = process;
  const token = options.token === undefined
    ? await findToken(env)
    : options.token ?? undefined;
  if (token !== undefined && !/^hf_\w+$/.test(token.token)) {
    throw new HubError(
      `Cannot pull ${repo} as a token begins with "hf_": the one from ${token.from} does not`,
      { repo },
    );
  }
  const hubUrl = (options.hubUrl ?? env.HF_ENDPOINT ?? "https://huggingface.co")
    .replace(/\/+$/, "");
  const cacheDir = options.cacheDir ?? getHFHubCachePath();
  try {
    return await pullInto(cacheDir, { repo, hubUrl, token }, options);
  } catch (cause) {
    throw diskError(cause, cacheDir, repo);
  }
}

async function pullInto(
  cacheDir: string,
  hub: HubRepo,
  options: PullOptions,
): Promise<string> {
  const { repo, hubUrl, token } = hub;
  const { revision = "main", include, onProgress, signal, retryMs } = options;
  const access = {
    hubUrl,
    fetch: hubFetch(hub, signal),
    ...(token === undefined ? {} : { accessToken: token.token }),
  };
  const again = { signal, retryMs };
  const { sha } = await retried(
    () =>
      modelInfo({ name: repo, revision, additionalFields: ["sha"], ...access }),
    again,
  );
  if (!/^[0-9a-f]{40}$/.test(sha)) {
    throw new HubError(
      `Cannot pull ${repo} as its revision must be a commit: got "${sha}"`,
      { repo },
    );
  }
  const folder = join(
    cacheDir,
    getRepoFolderName({ type: "model", name: repo }),
  );
  const snapshot = join(folder, "snapshots", sha);
  const files = await retried(
    () =>
      Array.fromAsync(
        listFiles({ repo, recursive: true, revision: sha, ...access }),
      ),
    again,
  );
  const chosen = chooseFiles(hub, files, include);
  const total = chosen.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const file of chosen) {
    const { path, size, hash } = file;
    const blob = join(folder, "blobs", hash.hex);
    let received = -1;
    const url = `${hubUrl}/${repo}/resolve/${sha}/${
      path.split("/").map(encodeURIComponent).join("/")
    }`;
    let failed: unknown;
    const bytes = async function* (start: number): AsyncGenerator<Uint8Array> {
      failed = undefined;
      const noted: typeof fetch = (input, init) =>
        access.fetch(input, init).catch((error) => {
          failed = error; // the package keeps its message only
          throw error;
        });
      const whole = await downloadFile({
        ...access,
        fetch: noted,
        repo,
        path,
        revision: sha,
        xet: false,
        downloadInfo: { size, etag: hash.hex, url },
      });
      yield* whole!.slice(start, size).stream();
    };
    await retried(async () => {
      const last = received;
      try {
        await fetchBlob(blob, file, {
          repo,
          bytes,
          onProgress(now) {
            received = now;
            onProgress?.({ path, received: before + now, total });
          },
        });
      } catch (error) {
        throw connectionError(failed ?? error, {
          repo,
          path,
          received,
          progressed: received > Math.max(last, 0),
        });
      }
    }, again);
    await link(blob, join(snapshot, path));
    before += size;
    onProgress?.({ path, received: before, total });
  }
  await replaceFile(join(folder, "refs", revision), sha);
  return snapshot;
}

/** Files that were asked for, with safe names and hashes. */
function chooseFiles(
  { repo, hubUrl }: HubRepo,
  entries: readonly {
    readonly type: string;
    readonly path: string;
    readonly size: number;
    readonly oid?: string;
    readonly lfs?: { readonly oid: string; readonly size: number };
  }[],
  include: readonly string[] | undefined,
): HubFile[] {
  const files = entries.filter(({ type }) => type === "file");
  const chosen = new Set(selectFiles(files.map(({ path }) => path), include));
  if (chosen.size === 0) {
    throw new HubError(
      `Cannot pull ${repo} as a file must fit ${
        (include ?? []).join(" ") || "the repository"
      }: got none of ${files.length} at ${hubUrl}/${repo}/tree/main`,
      { repo },
    );
  }
  return files.filter(({ path }) => chosen.has(path)).map((entry) => {
    const { path, oid, lfs } = entry;
    const hex = lfs?.oid ?? oid ?? "";
    const unsafe = path.split("/").some((part) =>
      part === "" || part === "." || part === ".." || /[\\:\0]/.test(part)
    );
    if (unsafe || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hex)) {
      throw new HubError(
        `Cannot pull ${repo} as a file has a path within it and a hash: got ${
          JSON.stringify(path)
        } and ${JSON.stringify(hex)}`,
        { repo },
      );
    }
    const kind = lfs === undefined ? "git" : "sha256";
    return { path, size: lfs?.size ?? entry.size, hash: { kind, hex } };
  });
}

/** Makes a request again while it may succeed; from the start where it got on. */
async function retried<T>(
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
function connectionError(
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

/** Puts a blob into the snapshot under its name. */
async function link(blob: string, path: string): Promise<void> {
  if (await stat(path).then(() => true, () => false)) return;
  await mkdir(dirname(path), { recursive: true });
  await symlink(relative(dirname(path), blob), path).catch(async (error) => {
    if (error.code === "EEXIST") return;
    if (error.code !== "EPERM") throw error;
    await copyFile(blob, path); // Windows without the right to link
  });
}

async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}

/** Failures of the disk as a sentence; others as they are. */
function diskError(cause: unknown, cacheDir: string, repo: string): unknown {
  const { code } = cause as { code?: unknown };
  const found = code === "ENOSPC" || code === "EDQUOT"
    ? "the disk is full; free some space and pull again to go on"
    : code === "EACCES" || code === "EPERM"
    ? "permission is denied"
    : code === "EROFS"
    ? "the disk is read-only; set HF_HUB_CACHE to another folder"
    : undefined;
  if (found === undefined) return cause;
  return new Error(
    `Cannot pull ${repo} as the cache "${cacheDir}" must take it: ${found}`,
    { cause },
  );
}
