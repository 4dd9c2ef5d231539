import { stat } from "node:fs/promises";
import { join } from "node:path";
import { openSafetensors } from "./safetensors_file.ts";
import { openSharded } from "./sharded_weights.ts";
import { WeightError } from "./weight_error.ts";
import type { WeightSource } from "./weight_source.ts";

/** Names that diffusers and transformers give to weight files. */
const STEMS = ["diffusion_pytorch_model", "model"];

/** Options of {@linkcode openWeights}. */
export interface OpenWeightsOptions {
  /**
   * File name without extension to look for in a folder.
   *
   * @default {"diffusion_pytorch_model", then "model"}
   */
  readonly stem?: string | undefined;
}

/**
 * Opens the weights of one model: a safetensors file, an index of shards, or a
 * folder that holds either.
 *
 * In a folder, `<stem>.safetensors` is preferred to
 * `<stem>.safetensors.index.json`.
 *
 * @param path Folder or file.
 * @param options See {@linkcode OpenWeightsOptions}.
 * @returns All arrays as one source. The caller closes it.
 *
 * @throws {WeightError} If there is no such file, naming what was looked for.
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
  if (!found?.isDirectory()) {
    return path.endsWith(".json") ? openSharded(path) : openSafetensors(path);
  }
  const stems = options.stem === undefined ? STEMS : [options.stem];
  for (const stem of stems) {
    const single = join(path, `${stem}.safetensors`);
    if (await exists(single)) return openSafetensors(single);
    const index = `${single}.index.json`;
    if (await exists(index)) return openSharded(index);
  }
  throw new WeightError(
    `Cannot open weights in "${path}" as it must hold ` +
      stems.map((s) => `"${s}.safetensors" or "${s}.safetensors.index.json"`)
        .join(", or ") +
      ": found neither",
    { path },
  );
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false);
}
