/**
 * Models from the Hugging Face hub, into the cache that Python's
 * `huggingface_hub` uses too.
 *
 * ```ts
 * import { selectFiles } from "@edit-transfer/hub";
 * import assert from "node:assert/strict";
 *
 * const files = ["README.md", "vae/config.json", "vae/model.safetensors"];
 * assert.deepEqual(selectFiles(files, ["vae/*"]), files.slice(1));
 * ```
 *
 * @module
 */
export {
  cachedSnapshot,
  type CachedSnapshotOptions,
} from "./cached_snapshot.ts";
export { type Environment, hubCacheFolder } from "./hub_environment.ts";
export { HubError, type HubErrorOptions } from "./hub_error.ts";
export { HUB_LIMITS, type HubLimits } from "./hub_limits.ts";
export { isRepoName } from "./hub_repo.ts";
export { findToken, type HubToken } from "./hub_token.ts";
export { pull, type PullOptions, type PullProgress } from "./pull.ts";
export { selectFiles } from "./select_files.ts";
