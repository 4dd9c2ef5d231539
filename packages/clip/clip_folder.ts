import { exists, readJson } from "@edit-transfer/files";
import { dryDevice, ParameterReader } from "@edit-transfer/tensor";
import {
  filterWeights,
  FormatError,
  openWeights,
  requireTensor,
  WeightError,
  type WeightSource,
} from "@edit-transfer/weights";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type ClipConfig, parseClipConfig } from "./config.ts";
import {
  type ClipPreprocessing,
  parseClipPreprocessing,
} from "./preprocessing.ts";
import { loadTextTower, loadVisionTower } from "./towers.ts";

/** Options of {@linkcode openClipFolder}. */
export interface ClipFolderOptions {
  /**
   * Folder of `preprocessor_config.json` and of the tokeniser, where a model
   * comes without them, as EditCLIP does.
   *
   * @default {the model's folder}
   */
  readonly processor?: string | undefined;
}

/** A CLIP model on disk, checked whole from its headers. */
export interface ClipFolder extends AsyncDisposable {
  /** Its folder. */
  readonly path: string;
  /** Folder of what prepares its inputs. */
  readonly processor: string;
  /** Sizes. */
  readonly config: ClipConfig;
  /** What is done to pictures. */
  readonly preprocessing: ClipPreprocessing;
  /** Its arrays, none too many. */
  readonly weights: WeightSource;
}

/** Positions 0, 1, 2, … that older files have as arrays. */
const POSITIONS = /^(text|vision)_model\.embeddings\.position_ids$/;

/**
 * Opens a CLIP model in the layout of transformers: `config.json`,
 * `model.safetensors` or its index and shards, `preprocessor_config.json`, and
 * the tokeniser's files, which are read when a text is encoded.
 *
 * @param path Folder, e.g. what `pull openai/clip-vit-large-patch14` printed.
 * @param options See {@linkcode ClipFolderOptions}.
 * @returns The model, to be closed by the caller.
 *
 * @throws {FormatError} If a config is missing or does not fit.
 * @throws {WeightError} If an array is missing, of another shape, or too many.
 *
 * @example Usage
 * ```ts
 * import { openClipFolder } from "@edit-transfer/clip";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(openClipFolder("none"), {
 *   message: 'CLIP folder not found: "none"',
 * });
 * ```
 */
export async function openClipFolder(
  path: string,
  options: ClipFolderOptions = {},
): Promise<ClipFolder> {
  const { processor = path } = options;
  for (const folder of [path, processor]) {
    if ((await stat(folder).catch(() => undefined))?.isDirectory()) continue;
    throw new Error(`CLIP folder not found: "${folder}"`);
  }
  const file = join(path, "config.json");
  const config = parseClipConfig(await readFile(file), file);
  const preprocessing = await readPreprocessing(processor);
  if (preprocessing.crop !== config.vision.imageSize) {
    throw new FormatError(
      `Cannot use "${processor}" with "${path}" as pictures must be cut to the model's ` +
        `${config.vision.imageSize} pixels a side: got ${preprocessing.crop}`,
      { path: processor },
    );
  }
  const weights = filterWeights(
    await openWeights(path, { stem: "model" }),
    (name) => !POSITIONS.test(name),
  );
  try {
    await checkWeights(weights, config);
  } catch (error) {
    await weights.close();
    throw error;
  }
  return {
    path,
    processor,
    config,
    preprocessing,
    weights,
    [Symbol.asyncDispose]: () => weights.close(),
  };
}

/** Loads the model without its data, so that all faults are told at once. */
async function checkWeights(
  weights: WeightSource,
  config: ClipConfig,
): Promise<void> {
  const reader = new ParameterReader(dryDevice(), weights);
  using _text = await loadTextTower(reader, config);
  using _vision = await loadVisionTower(reader, config);
  requireTensor(weights, "logit_scale", []);
  const [first, ...others] = reader.unused().filter((name) =>
    name !== "logit_scale"
  );
  if (first === undefined) return;
  throw new WeightError(
    `Cannot use "${weights.path}" as each of its arrays must be of a layer that config.json has: ` +
      `got ${1 + others.length} of none, the first "${first}"`,
    { path: weights.path, weight: first },
  );
}

/** What prepares pictures, in a file of its own or in that of the processor. */
async function readPreprocessing(folder: string): Promise<ClipPreprocessing> {
  const own = join(folder, "preprocessor_config.json");
  if (await exists(own)) {
    return parseClipPreprocessing(await readFile(own), own);
  }
  const shared = join(folder, "processor_config.json");
  if (await exists(shared)) {
    const json = await readFile(shared) as {
      readonly image_processor?: unknown;
    } | null;
    return parseClipPreprocessing(json?.image_processor, shared);
  }
  throw new FormatError(
    `Cannot use "${folder}" as it must say how pictures are prepared: got no ` +
      "preprocessor_config.json; name the folder of the model that this one was made from as its processor",
    { path: own },
  );
}

function readFile(path: string): Promise<unknown> {
  return readJson(path, {
    what: "model file",
    fail: (message, { cause }) => new FormatError(message, { path, cause }),
  });
}
