import { type LoraChoice, readModelSettings } from "@edit-transfer/pipeline";
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A model and the LoRAs that it runs with. */
export interface ModelChoice {
  /** Model folder, or weight file of its transformer. */
  readonly path: string;
  /** LoRAs of its transformer. */
  readonly loras: readonly LoraChoice[];
}

/** LoRAs instead of a model's own. */
export interface ChooseModelOptions {
  /**
   * LoRAs of the transformer; none for `false` or an empty list.
   *
   * @default {the LoRA that the model folder names, for edits alone}
   */
  readonly loras?: readonly LoraChoice[] | false | undefined;
}

/**
 * Model that a path stands for, with its LoRAs; nothing is loaded.
 *
 * @param path Model folder or weight file; left out, the embedded model.
 * @param options See {@linkcode ChooseModelOptions}.
 * @returns The paths.
 *
 * @throws {FormatError} If the settings of the folder are malformed.
 *
 * @example Usage
 * ```ts
 * import { chooseModel } from "@edit-transfer/transfer";
 * import assert from "node:assert/strict";
 *
 * const { path, loras } = await chooseModel();
 * assert.match(path, /micro$/);
 * assert.equal(loras.length, 1);
 * ```
 */
export async function chooseModel(
  path?: string,
  options: ChooseModelOptions = {},
): Promise<ModelChoice> {
  const { loras } = options;
  const model = path ?? await embeddedModel();
  if (loras !== undefined) return { path: model, loras: loras || [] };
  const found = await stat(model).catch(() => undefined);
  const folder = found?.isFile() ? dirname(model) : model;
  const { lora } = await readModelSettings(folder);
  return {
    path: model,
    loras: lora === undefined ? [] : [{ path: join(folder, lora) }],
  };
}

/** Folder of the embedded model, a package that is only then loaded. */
async function embeddedModel(): Promise<string> {
  const { microFolder } = await import("@edit-transfer/micro");
  return microFolder();
}
