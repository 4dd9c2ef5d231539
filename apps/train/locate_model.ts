import { microFolder } from "@edit-transfer/micro";
import type { TrainConfig } from "@edit-transfer/training";
import { EMBEDDED_MODEL } from "./config_schema.ts";

/** The config with the path of its model, which for the embedded one may be fetched. */
export async function locateModel(config: TrainConfig): Promise<TrainConfig> {
  if (config.modelName !== EMBEDDED_MODEL) return config;
  return { ...config, model: await microFolder() };
}
