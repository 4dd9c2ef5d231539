import { atomicWrite } from "@edit-transfer/files";
import { join } from "node:path";
import { basename, dirname } from "node:path/posix";
import process from "node:process";
import { fetchBlob } from "./blob_file.ts";
import { checkRoom } from "./cache_room.ts";
import { cachedSnapshot } from "./cached_snapshot.ts";
import { chooseFiles } from "./choose_files.ts";
import { diskError } from "./disk_error.ts";
import {
  type Environment,
  hubAddress,
  hubCacheFolder,
  isOffline,
} from "./hub_environment.ts";
import { HubError } from "./hub_error.ts";
import { hubFile } from "./hub_file.ts";
import { HUB_LIMITS, type HubLimits } from "./hub_limits.ts";
import { checkNames, type HubRepo, repoFolder } from "./hub_repo.ts";
import { findToken, type HubToken } from "./hub_token.ts";
import { listFiles } from "./list_files.ts";
import { ownFolder } from "./own_folder.ts";
import { retried } from "./retried.ts";
import { linkBlob } from "./link_blob.ts";

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
  readonly include?: readonly string[] | undefined;
  /**
   * Branch, tag or commit.
   *
   * @default {"main"}
   */
  readonly revision?: string | undefined;
  /**
   * Folder of the cache.
   *
   * @default {where `huggingface_hub` has it}
   */
  readonly cacheDir?: string | undefined;
  /**
   * Address of the hub.
   *
   * @default {HF_ENDPOINT, or https://huggingface.co}
   */
  readonly hubUrl?: string | undefined;
  /**
   * Token of the user; null for none.
   *
   * @default {what {@linkcode findToken} finds}
   */
  readonly token?: HubToken | null | undefined;
  /** Called when bytes arrive. */
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
  /** Stops the pull; what is there stays, for the next one to go on. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Pause before the second try of a request, in ms; doubled at each one.
   *
   * @default {1000}
   */
  readonly retryMs?: number | undefined;
  /**
   * What the hub may take of time and memory.
   *
   * @default {HUB_LIMITS}
   */
  readonly limits?: Partial<HubLimits> | undefined;
  /**
   * Variables of the environment.
   *
   * @default {process.env}
   */
  readonly env?: Environment | undefined;
}

/**
 * Pulls a model repository into the hub's cache, as `huggingface_hub` lays it
 * out, so that files pulled before by either are not pulled again.
 *
 * An interrupted pull goes on where it ended. A file gets its name only with
 * the right hash. Two pulls into one cache do not disturb each other. The token
 * goes to the hub alone, never to where it keeps its files. With
 * `HF_HUB_OFFLINE=1` only the cache is asked.
 *
 * Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 *
 * @param repo Name, e.g. `"black-forest-labs/FLUX.1-dev"`.
 * @param options See {@linkcode PullOptions}.
 * @returns Folder with the files, which can be used as a model folder.
 *
 * @throws {HubError} If the hub refuses, saying what to do, e.g. where to accept
 * a licence; if what it sends is not what it must be or takes longer than
 * {@linkcode HubLimits}; or if the connection drops again and again.
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
  const { revision = "main", env = process.env, signal } = options;
  checkNames(repo, revision);
  const cacheDir = options.cacheDir ?? hubCacheFolder(env);
  if (isOffline(env)) {
    return await cachedSnapshot(repo, { revision, cacheDir }).catch((cause) => {
      throw new HubError(
        `Cannot pull ${repo} as HF_HUB_OFFLINE forbids to ask the hub: ${cause.message}`,
        { repo, cause },
      );
    });
  }
  const token = options.token === undefined
    ? await findToken(env)
    : options.token ?? undefined;
  if (token !== undefined && !/^[\x21-\x7e]{1,4096}$/.test(token.token)) {
    throw new HubError(
      `Cannot pull ${repo} as a token is one word of ASCII: the one from ${token.from} is not`,
      { repo },
    );
  }
  const address = options.hubUrl || env.HF_ENDPOINT || "https://huggingface.co";
  const hubUrl = hubAddress(address, repo);
  const limits = { ...HUB_LIMITS, ...options.limits };
  try {
    return await pullInto(
      cacheDir,
      { repo, hubUrl, token, limits, signal },
      options,
    );
  } catch (cause) {
    throw diskError(cause, cacheDir, repo);
  }
}

async function pullInto(
  cacheDir: string,
  hub: HubRepo,
  { revision = "main", include, onProgress, retryMs }: PullOptions,
): Promise<string> {
  const { repo, signal } = hub;
  const { sha, files } = await listFiles(hub, revision, retryMs);
  const chosen = chooseFiles(hub, files, include);
  const folder = join(cacheDir, repoFolder(repo));
  await checkRoom(repo, folder, chosen);
  const total = chosen.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const file of chosen) {
    const { path, size, hash } = file;
    const blob = join(folder, "blobs", hash.hex);
    let received = 0;
    const fetched = () =>
      fetchBlob(blob, file, {
        repo,
        request: (start) => hubFile(hub, sha, file, start),
        onProgress(now) {
          received = now;
          onProgress?.({ path, received: before + now, total });
        },
      });
    await retried(fetched, { signal, retryMs, received: () => received });
    const place = dirname(`snapshots/${sha}/${path}`);
    await linkBlob(
      blob,
      join(await ownFolder(repo, folder, place), basename(path)),
    );
    before += size;
    onProgress?.({ path, received: before, total });
  }
  if (revision !== sha) {
    const refs = await ownFolder(repo, folder, dirname(`refs/${revision}`));
    const bytes = new TextEncoder().encode(sha);
    await atomicWrite(join(refs, basename(revision)), bytes);
  }
  return join(folder, "snapshots", sha);
}
