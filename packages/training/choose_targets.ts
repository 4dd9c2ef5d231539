import { ConfigError } from "./config_error.ts";
import type { TrainConfig } from "./train_config.ts";

/** Whether a layer belongs to a block of the transformer. */
const inBlock = (path: string) => /^(single_)?transformer_blocks\./.test(path);

/**
 * Layers that get a LoRA: those of blocks whose path has one of the parts `only`,
 * or any part if there are none, and no part of `ignore`. Layers outside of
 * blocks only where `only` has their whole name, with `transformer.` in front
 * where the path of a layer in a block ends in it, as in `proj_out`.
 */
export function chooseTargets(
  paths: readonly string[],
  { only, ignore }: Pick<TrainConfig["network"], "only" | "ignore">,
): string[] {
  const isNamed = (path: string) =>
    only.includes(`transformer.${path}`) ||
    only.includes(path) && !paths.some((other) => other.endsWith(`.${path}`));
  const chosen = paths.filter((path) =>
    (inBlock(path)
      ? only.length === 0 || only.some((part) => path.includes(part))
      : isNamed(path)) &&
    !ignore.some((part) => path.includes(part))
  );
  if (chosen.length > 0) return chosen;
  throw new ConfigError(
    `Cannot train as network.network_kwargs must leave a layer: got none of ${paths.length} with only_if_contains ${
      JSON.stringify(only)
    } and ignore_if_contains ${JSON.stringify(ignore)}`,
  );
}
