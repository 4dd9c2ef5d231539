import {
  downloadFile,
  getHFHubCachePath,
  getRepoFolderName,
  listFiles,
  modelInfo,
} from "@huggingface/hub";
import { join } from "node:path";
import process from "node:process";
import { fetchBlob } from "./blob_file.ts";
import { chooseFiles } from "./choose_files.ts";
import { diskError } from "./disk_error.ts";
import { HubError } from "./hub_error.ts";
import { hubFetch, type HubRepo } from "./hub_fetch.ts";
import { findToken, type HubToken } from "./hub_token.ts";
import { connectionError, retried } from "./retried.ts";
import { linkBlob, replaceFile } from "./snapshot.ts";

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
    await linkBlob(blob, join(snapshot, path));
    before += size;
    onProgress?.({ path, received: before, total });
  }
  await replaceFile(join(folder, "refs", revision), sha);
  return snapshot;
}
