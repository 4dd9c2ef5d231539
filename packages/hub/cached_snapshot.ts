import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { type Environment, hubCacheFolder } from "./hub_environment.ts";
import { HubError } from "./hub_error.ts";
import { checkNames, isCommit, repoFolder } from "./hub_repo.ts";
import { readSmall } from "./read_small.ts";

/** Options of {@linkcode cachedSnapshot}. */
export interface CachedSnapshotOptions {
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
   * Variables of the environment.
   *
   * @default {process.env}
   */
  readonly env?: Environment | undefined;
}

/**
 * Folder of a repository that {@linkcode pull} or Python's `huggingface_hub` has
 * put into the cache. Nothing is asked of the hub.
 *
 * @param repo Name, e.g. `"black-forest-labs/FLUX.1-dev"`.
 * @param options See {@linkcode CachedSnapshotOptions}.
 * @returns Folder with the files, which can be used as a model folder.
 *
 * @throws {HubError} If it is not there, naming `pull`, or a file of it is a
 * link to nothing.
 *
 * @example Usage
 * ```ts
 * import { cachedSnapshot } from "@edit-transfer/hub";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(cachedSnapshot("owner/none", { cacheDir: "none" }), {
 *   message: 'Model not found: "owner/none" (main) in the cache "none"; ' +
 *     "edit-transfer pull owner/none brings it",
 * });
 * ```
 */
export async function cachedSnapshot(
  repo: string,
  options: CachedSnapshotOptions = {},
): Promise<string> {
  const { revision = "main", env = process.env } = options;
  const { cacheDir = hubCacheFolder(env) } = options;
  checkNames(repo, revision, "find");
  const folder = join(cacheDir, repoFolder(repo));
  const flag = revision === "main" ? "" : ` --revision ${revision}`;
  const command = `edit-transfer pull ${repo}${flag}`;
  const sha = isCommit(revision)
    ? revision
    : await readSmall(join(folder, "refs", revision));
  const snapshot = join(folder, "snapshots", sha);
  const names = isCommit(sha)
    ? await readdir(snapshot, { recursive: true }).catch(() => [])
    : [];
  if (names.length === 0) {
    throw new HubError(
      `Model not found: "${repo}" (${revision}) in the cache "${cacheDir}"; ${command} brings it`,
      { repo },
    );
  }
  for (const name of names) {
    await stat(join(snapshot, name)).catch((cause) => {
      throw new HubError(
        `Cannot use ${repo} as "${name}" must be a file: got a link to nothing in "${snapshot}"; ` +
          `${command} mends it`,
        { repo, cause },
      );
    });
  }
  return snapshot;
}
