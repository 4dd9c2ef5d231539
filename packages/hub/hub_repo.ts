import { HubError, quoted } from "./hub_error.ts";
import type { HubLimits } from "./hub_limits.ts";
import type { HubToken } from "./hub_token.ts";

/** Repository that requests are about. */
export interface HubRepo {
  /** Name, e.g. `"black-forest-labs/FLUX.1-dev"`. */
  readonly repo: string;
  /** Address of the hub, without a slash behind it. */
  readonly hubUrl: string;
  /** Token of the user. */
  readonly token: HubToken | undefined;
  /** What an answer may take. */
  readonly limits: HubLimits;
  /** Stops all requests. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Whether a text may be the name of a repository, `OWNER/NAME`.
 *
 * Source: `validate_repo_id` in huggingface/huggingface_hub@v0.30.2,
 * `src/huggingface_hub/utils/_validators.py`; an owner is needed here.
 *
 * @param text Any text.
 * @returns Whether {@linkcode pull} takes it.
 *
 * @example Usage
 * ```ts
 * import { isRepoName } from "@edit-transfer/hub";
 * import assert from "node:assert/strict";
 *
 * assert.equal(isRepoName("black-forest-labs/FLUX.1-dev"), true);
 * assert.equal(isRepoName("../FLUX.1-dev"), false);
 * ```
 */
export function isRepoName(text: string): boolean {
  return /^\w([\w.-]{0,94}\w)?\/\w([\w.-]{0,94}\w)?$/.test(text) &&
    !/--|\.\.|\.git$/.test(text);
}

/** Refuses names of repositories and revisions that are not such names. */
export function checkNames(
  repo: string,
  revision: string,
  task = "pull",
): void {
  if (!isRepoName(repo)) {
    throw new HubError(
      `Cannot ${task} ${
        quoted(repo)
      } as a repository is named OWNER/NAME: got no such name`,
      { repo },
    );
  }
  if (!isRevision(revision)) {
    throw new HubError(
      `Cannot ${task} ${repo} as a revision is the name of a branch, tag or commit: got ${
        quoted(revision)
      }`,
      { repo },
    );
  }
}

/** Whether git takes a name for a branch; it names a file of the cache too. */
function isRevision(text: string): boolean {
  return text.length <= 200 && text.isWellFormed() &&
    text.split("/").every((part) =>
      /^[^\p{C}\s~^:?*[\\]+$/u.test(part) && !/^\.|\.\.|\.$|\.lock$/.test(part)
    );
}

/** Whether a text is the name of a commit. */
export function isCommit(text: unknown): text is string {
  return typeof text === "string" && /^[0-9a-f]{40}$/.test(text);
}

/** Folder of a repository in the cache. */
export function repoFolder(repo: string): string {
  return `models--${repo.replace("/", "--")}`;
}
