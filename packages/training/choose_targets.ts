import { ConfigError } from "./config_error.ts";
import type { TrainConfig } from "./train_config.ts";

/**
 * Layers that get a LoRA: those whose path has one of the parts `only`, or any
 * part if there are none, and no part of `ignore`.
 */
export function chooseTargets(
  paths: readonly string[],
  { only, ignore }: Pick<TrainConfig["network"], "only" | "ignore">,
): string[] {
  const chosen = paths.filter((path) =>
    (only.length === 0 || only.some((part) => path.includes(part))) &&
    !ignore.some((part) => path.includes(part))
  );
  if (chosen.length > 0) return chosen;
  throw new ConfigError(
    `Cannot train as network.network_kwargs must leave a layer: got none of ${paths.length} with only_if_contains ${
      JSON.stringify(only)
    } and ignore_if_contains ${JSON.stringify(ignore)}`,
  );
}
