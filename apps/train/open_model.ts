import type { TrainConfig } from "./train_config.ts";
import type { TrainModel } from "./model.ts";

/** Opens the base model that a config names, on the device it names. */
export function openModel(config: TrainConfig): Promise<TrainModel> {
  return Promise.reject(
    new Error(`Cannot train "${config.model}" as gradients are not there yet`),
  );
}
