import {
  openWeights,
  type WeightSource,
  widenWeights,
} from "@edit-transfer/weights";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { describeWeights, recogniseFile } from "./recognise_weights.ts";
import { openAny, WEIGHT_FILE } from "./single_files.ts";

/**
 * Opens the weights of the transformer alone, in any form that a model may
 * have, under the names of diffusers.
 *
 * @param path Model folder, folder of the weights, or weight file.
 * @returns Weights, owned by the caller, of which the header is read.
 *
 * @throws {FormatError} If a file is malformed.
 * @throws {Error} If there is no transformer, saying what there is.
 *
 * @example Usage
 * ```ts
 * import { openTransformerWeights } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * await using weights = await openTransformerWeights("models/micro");
 * assert.ok(weights.has("x_embedder.weight"));
 * ```
 */
export async function openTransformerWeights(
  path: string,
): Promise<WeightSource> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) return await openFile(path);
  const names = await readdir(path);
  if (names.includes("transformer")) {
    return await widenWeights(await openWeights(join(path, "transformer")));
  }
  const candidates: string[] = [];
  for (const name of names.filter((name) => WEIGHT_FILE.test(name)).sort()) {
    await using source = await openAny(join(path, name));
    const { parts } = recogniseFile(source);
    if (parts.some(({ role }) => role === "transformer")) candidates.push(name);
  }
  const [first, second] = candidates;
  if (second !== undefined) {
    throw new Error(
      `Cannot use model "${path}" as it must hold one FLUX.1 transformer: ` +
        `got "${first}" and "${second}"; name the file instead of the folder`,
    );
  }
  return first === undefined
    ? await widenWeights(await openWeights(path))
    : await openFile(join(path, first));
}

/** The transformer in a file. */
async function openFile(path: string): Promise<WeightSource> {
  if (!WEIGHT_FILE.test(path)) {
    return await widenWeights(await openWeights(path));
  }
  const source = await openAny(path);
  const { parts } = recogniseFile(source);
  const part = parts.find(({ role }) => role === "transformer");
  if (part !== undefined) return part.weights;
  const what = describeWeights(source);
  await source.close();
  throw new Error(
    `Cannot use "${path}" as it must hold a FLUX.1 transformer: got ${what}`,
  );
}
