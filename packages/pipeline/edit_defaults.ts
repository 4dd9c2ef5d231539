import { readTraining } from "@edit-transfer/lora";
import { openSafetensors } from "@edit-transfer/weights";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type EditDefaults, editDefaults } from "./conditions.ts";
import { readModelSettings } from "./model_settings.ts";
import type { LoraChoice } from "./open_loras.ts";

/**
 * What edits of a model do unless their caller says otherwise; of its files,
 * settings and headers alone are read.
 *
 * @param choice Model folder or weight file; its LoRAs.
 * @returns Steps and conditions.
 *
 * @throws {FormatError} If settings or a header are malformed.
 * @throws {Error} If a file is missing.
 *
 * @example Usage
 * ```ts
 * import { readEditDefaults } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * const model = { path: "models/micro", loras: [] };
 * assert.ok((await readEditDefaults(model)).steps >= 1);
 * ```
 */
export async function readEditDefaults(
  choice: {
    readonly path: string;
    readonly loras: readonly Pick<LoraChoice, "path">[];
  },
): Promise<EditDefaults> {
  const { path, loras } = choice;
  const folder = (await stat(path)).isFile() ? dirname(path) : path;
  const trained = [];
  for (const lora of loras) {
    await using source = await openSafetensors(lora.path);
    trained.push(readTraining(source.metadata));
  }
  return editDefaults(await readModelSettings(folder), trained);
}
