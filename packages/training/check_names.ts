import { fileKey } from "@edit-transfer/files";
import { dirname, join } from "node:path";
import { ConfigError } from "./config_error.ts";
import type { TrainConfig } from "./train_config.ts";

/** Files that every run writes into its folder, besides its LoRAs. */
const FILES = ["log.jsonl", "loss.svg", "loss.png", "run.lock"];
/** Folders in it whose files are its own. */
const FOLDERS = ["checkpoints", "samples"];

/**
 * Refuses a run that would write over what it reads: the model, a data set, or a
 * picture of one. Links make no difference.
 *
 * @throws {ConfigError} If it would.
 */
export async function checkNames(
  { folder, name, model, data, validation }: TrainConfig,
  pictures: Iterable<string>,
): Promise<void> {
  const own = [...FILES, `${name}.safetensors`, `${name}_ema.safetensors`];
  const written = new Set<string>();
  for (const one of [".", ...own, ...FOLDERS]) {
    written.add(await fileKey(join(folder, one)));
  }
  const folders = new Set<string>();
  for (const one of FOLDERS) folders.add(await fileKey(join(folder, one)));
  const known = new Map<string, string>();
  const keyOf = async (path: string) => {
    const key = known.get(path) ?? await fileKey(path);
    known.set(path, key);
    return key;
  };
  const sources = [...data, ...validation.data ? [validation.data] : []]
    .flatMap(({ path }) => path ?? []);
  for (const path of [model, ...sources, ...pictures]) {
    const parent = await keyOf(dirname(path));
    if (!folders.has(parent) && !written.has(await fileKey(path))) continue;
    throw new ConfigError(
      `Cannot train in "${folder}" as the run must not write over what it reads: got "${path}"; name another training_folder`,
    );
  }
}
