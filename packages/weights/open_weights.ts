import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openSafetensors } from "./safetensors_file.ts";
import { openSharded, readIndex } from "./sharded_weights.ts";
import { WeightError } from "./weight_error.ts";
import type { WeightSource } from "./weight_source.ts";

/** File name of the weights, without extension: in diffusers, in transformers. */
const STEMS = ["diffusion_pytorch_model", "model"] as const;

/** Options of {@linkcode openWeights}. */
export interface OpenWeightsOptions {
  /**
   * File name without extension to look for in a folder.
   *
   * @default {"diffusion_pytorch_model", then "model"}
   */
  readonly stem?: "diffusion_pytorch_model" | "model" | undefined;
}

/**
 * Opens the weights of one model: a safetensors file, an index of shards, or a
 * folder that holds either.
 *
 * Where a folder has both, diffusers takes `<stem>.safetensors.index.json`, and
 * transformers `<stem>.safetensors`, and so does this. A variant, such as
 * `<stem>.fp16.safetensors` or `<stem>.safetensors.index.fp16.json`, is opened
 * where there is nothing else.
 *
 * Source: `from_pretrained` in huggingface/diffusers v0.42.1,
 * `src/diffusers/models/modeling_utils.py`, and in huggingface/transformers
 * v5.23.0, `src/transformers/modeling_utils.py`.
 *
 * @param path Folder or file.
 * @param options See {@linkcode OpenWeightsOptions}.
 * @returns All arrays as one source. The caller closes it.
 *
 * @throws {WeightError} If there is no such file, naming what was looked for, or
 * several variants.
 * @throws {FormatError} If a file is not sound, or shards and index disagree.
 *
 * @example Usage
 * ```ts
 * import { openWeights, writeSafetensors } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const folder = await mkdtemp(join(tmpdir(), "weights-"));
 * await writeSafetensors(join(folder, "model.safetensors"), {
 *   x: { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) },
 * });
 * {
 *   await using weights = await openWeights(folder);
 *   assert.deepEqual([...weights.names()], ["x"]);
 * }
 * await rm(folder, { recursive: true });
 * ```
 */
export async function openWeights(
  path: string,
  options: OpenWeightsOptions = {},
): Promise<WeightSource> {
  const found = await stat(path).catch(() => undefined);
  const file = found?.isDirectory() ? await weightFileIn(path, options) : path;
  return await (file.endsWith(".json")
    ? openSharded(file)
    : openSafetensors(file));
}

/** The weight file or index of a folder. */
async function weightFileIn(
  folder: string,
  { stem: only }: OpenWeightsOptions,
): Promise<string> {
  const names = await readdir(folder);
  const stems = only === undefined ? STEMS : [only];
  for (const stem of stems) {
    const index = `${stem}.safetensors.index.json`;
    const single = `${stem}.safetensors`;
    const order = stem === "model" ? [single, index] : [index, single];
    const found = order.find((name) => names.includes(name)) ??
      variantOf(stem, folder, names);
    if (found !== undefined) return join(folder, found);
  }
  const pickled = names.find((name) => /\.(bin|pt|pth|ckpt)$/.test(name));
  throw new WeightError(
    `Cannot open weights in "${folder}" as it must hold ` +
      stems.map((s) => `"${s}.safetensors" or "${s}.safetensors.index.json"`)
        .join(", or ") +
      (pickled === undefined
        ? ": found neither"
        : `: got "${pickled}", a pickle of PyTorch, which may run code; save it as safetensors`),
    { path: folder },
  );
}

/** The only variant of a weight file or index, if there is any. */
function variantOf(
  stem: string,
  folder: string,
  names: readonly string[],
): string | undefined {
  const pattern = new RegExp(
    `^${stem}\\.(?:([^.]+)\\.safetensors|safetensors\\.index\\.([^.]+)\\.json)$`,
  );
  const found = new Map<string, string[]>();
  for (const name of names) {
    const [, single, sharded] = name.match(pattern) ?? [];
    const variant = single ?? sharded;
    if (variant === undefined || /-\d+-of-\d+$/.test(variant)) continue;
    found.set(variant, [...found.get(variant) ?? [], name]);
  }
  if (found.size > 1) {
    throw new WeightError(
      `Cannot open weights in "${folder}" as it must hold one variant of "${stem}.safetensors": ` +
        `got ${[...found.keys()].sort().join(", ")}; move all but one away`,
      { path: folder },
    );
  }
  const [same] = found.values();
  const isIndex = (name: string) => name.endsWith(".json");
  return same?.find((name) => isIndex(name) === (stem !== "model")) ??
    same?.[0];
}

/**
 * Files that weights were opened from, the index of shards among them.
 *
 * @param source Weights.
 * @returns Their paths, in order.
 *
 * @throws {FormatError} If it is an index that is not sound any more.
 *
 * @example Usage
 * ```ts
 * import { openWeights, weightFiles } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * await using weights = await openWeights("models/micro/vae");
 * assert.deepEqual(await weightFiles(weights), [weights.path]);
 * ```
 */
export async function weightFiles(
  source: Pick<WeightSource, "path">,
): Promise<string[]> {
  const { path } = source;
  if (!path.endsWith(".json")) return [path];
  const shards = new Set((await readIndex(path)).values());
  return [path, ...[...shards].map((name) => join(dirname(path), name))].sort();
}
