import { fitsPattern } from "./glob.ts";

/** Files that hold weights, of any program. */
const WEIGHTS = /\.(safetensors|gguf|sft|ckpt|bin|pth?|msgpack|h5|onnx)$/;

/** Weights of transformers that are read: whole, or the shards of an index. */
const READ = /^model(-\d+-of-\d+)?\.safetensors$/;

/**
 * Chooses the files of a repository to pull.
 *
 * Without patterns, a repository with a `model_index.json` is taken without the
 * weights beside it, and one with `model.safetensors` or its index without other
 * weights beside those: they hold the same model once more in another layout.
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
 * assert.deepEqual(
 *   selectFiles(["config.json", "model.safetensors", "pytorch_model.bin"]),
 *   ["config.json", "model.safetensors"],
 * );
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
  const has = (name: string) => files.includes(name);
  const beside = (file: string) => !file.includes("/") && WEIGHTS.test(file);
  if (has("model_index.json")) return files.filter((file) => !beside(file));
  if (has("model.safetensors") || has("model.safetensors.index.json")) {
    return files.filter((file) => !beside(file) || READ.test(file));
  }
  return [...files];
}
