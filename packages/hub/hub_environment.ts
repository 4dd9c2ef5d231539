import { homedir } from "node:os";
import { join } from "node:path";
import { HubError } from "./hub_error.ts";

/** Variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Folder of the hub's cache: `HF_HUB_CACHE`, or `hub` in `HF_HOME`, which is
 * `~/.cache/huggingface` by default. `~` and `$NAME` in them are expanded.
 *
 * Source: huggingface/huggingface_hub@v0.30.2, `src/huggingface_hub/constants.py`.
 *
 * @param env Variables of the environment.
 * @returns Path of the folder, which need not exist.
 *
 * @example Usage
 * ```ts
 * import { hubCacheFolder } from "@edit-transfer/hub";
 * import assert from "node:assert/strict";
 *
 * const env = { SCRATCH: "/scratch", HF_HOME: "$SCRATCH/hf" };
 * assert.equal(hubCacheFolder(env), "/scratch/hf/hub");
 * ```
 */
export function hubCacheFolder(env: Environment): string {
  const given = env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE;
  return given ? expanded(given, env) : join(hubHome(env), "hub");
}

/** Folder of the hub's settings. */
export function hubHome(env: Environment): string {
  if (env.HF_HOME) return expanded(env.HF_HOME, env);
  const cache = env.XDG_CACHE_HOME || join(userHome(env), ".cache");
  return expanded(join(cache, "huggingface"), env);
}

/** A path with `~`, `$NAME` and `${NAME}` put in; unknown names stay. */
export function expanded(path: string, env: Environment): string {
  return path.replace(/^~(?=[/\\]|$)/, () => userHome(env)).replace(
    /\$(?:(\w+)|\{([^}]*)\})/g,
    (all, plain, braced) => env[plain ?? braced] ?? all,
  );
}

function userHome(env: Environment): string {
  return env.HOME || homedir();
}

/** Whether `HF_HUB_OFFLINE` forbids requests. */
export function isOffline(env: Environment): boolean {
  const value = env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE || "";
  return /^(1|on|yes|true)$/i.test(value);
}

/** Address of the hub, checked, without a slash behind it. */
export function hubAddress(text: string, repo: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) &&
    [url.username, url.password, url.search, url.hash].join("") === "";
  if (!isPlain) {
    // it may hold a password, so it is not repeated
    throw new HubError(
      `Cannot pull ${repo} as HF_ENDPOINT is an address such as https://huggingface.co: got ` +
        "another scheme, a user's name, a query or no address",
      { repo },
    );
  }
  return text.replace(/\/+$/, "");
}
