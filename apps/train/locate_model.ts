import { exists, pathOnDisk } from "@edit-transfer/files";
import { cachedSnapshot, isRepoName } from "@edit-transfer/hub";
import { microFolder } from "@edit-transfer/micro";
import type { TrainConfig } from "@edit-transfer/training";
import { EMBEDDED_MODEL } from "./config_schema.ts";

/**
 * The config with the path of its model: the embedded one, which may be fetched,
 * or `OWNER/NAME` of the hub for what `pull` has brought.
 */
export async function locateModel(config: TrainConfig): Promise<TrainConfig> {
  const { modelName: name } = config;
  if (name === EMBEDDED_MODEL) {
    return { ...config, model: await microFolder() };
  }
  const path = await pathOnDisk(name);
  if (await exists(path) || !isRepoName(name)) {
    return { ...config, model: path };
  }
  return { ...config, model: await cachedSnapshot(name) };
}
