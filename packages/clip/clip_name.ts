import { basename, resolve } from "node:path";

/**
 * What a report calls a model: `owner/name@commit` in the hub's cache, the
 * folder's name elsewhere.
 *
 * @param path Folder.
 * @returns The name.
 *
 * @example Usage
 * ```ts
 * import { clipName } from "@edit-transfer/clip";
 * import assert from "node:assert/strict";
 *
 * assert.equal(
 *   clipName("hub/models--openai--clip-vit-large-patch14/snapshots/32bd6428"),
 *   "openai/clip-vit-large-patch14@32bd6428",
 * );
 * assert.equal(clipName("models/clip-l/"), "clip-l");
 * ```
 */
export function clipName(path: string): string {
  const cached = resolve(path).match(
    /models--([^/\\]+?)--([^/\\]+)[/\\]snapshots[/\\]([^/\\]+)$/,
  );
  if (cached === null) return basename(resolve(path));
  const [, owner, name, commit] = cached;
  return `${owner}/${name}@${commit}`;
}
