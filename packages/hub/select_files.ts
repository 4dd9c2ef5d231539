import { fitsPattern } from "./glob.ts";

/**
 * Chooses the files of a repository to pull.
 *
 * Without patterns, a repository with a `model_index.json` is taken without the
 * weights beside it, which hold the same model once more in another layout.
 *
 * @param files Paths in the repository.
 * @param patterns A file is taken if any of them fits its whole path: `*` is any
 * text, slashes too, `?` one character.
 * @returns Those to pull, in the same order.
 *
 * @example Usage
 * ```ts
 * import { selectFiles } from "@edit-transfer/hub";
 * import assert from "node:assert/strict";
 *
 * const files = ["model_index.json", "flux1-dev.safetensors", "vae/a.safetensors"];
 *
 * assert.deepEqual(selectFiles(files), ["model_index.json", "vae/a.safetensors"]);
 * assert.deepEqual(selectFiles(files, ["*.safetensors"]), files.slice(1));
 * ```
 */
export function selectFiles(
  files: readonly string[],
  patterns: readonly string[] = [],
): string[] {
  if (patterns.length > 0) {
    return files.filter((file) =>
      patterns.some((pattern) => fitsPattern(file, pattern))
    );
  }
  if (!files.includes("model_index.json")) return [...files];
  return files.filter((file) =>
    file.includes("/") || !/\.(safetensors|gguf|sft|ckpt|bin)$/.test(file)
  );
}
