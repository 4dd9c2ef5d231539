import { readData, type ReadDataOptions } from "./read_data.ts";
import type { FiguresConfig, TrainConfig } from "./train_config.ts";

/**
 * Tasks that are trained on, without drawing or encoding any: data sets are read,
 * and their captions checked.
 *
 * @param config What the run does.
 * @param options The base model, and where to tell what a user should know.
 * @returns Their number, >= 1.
 *
 * @throws {DatasetError} If a data set cannot be read.
 * @throws {ConfigError} If the config does not fit the data, or captions are cut
 * where they differ.
 *
 * @example Usage
 * ```ts
 * import {
 *   countTasks,
 *   openTrainModel,
 *   type TrainConfig,
 * } from "@edit-transfer/training";
 *
 * async function epochs(config: TrainConfig): Promise<number> {
 *   await using model = await openTrainModel(config);
 *   const progress = { start() {}, step() {}, note() {}, end() {} };
 *   const { signal } = new AbortController();
 *   const { steps, batchSize } = config.train;
 *   return steps * batchSize /
 *     await countTasks(config, { model, progress, signal });
 * }
 * ```
 */
export async function countTasks(
  config: TrainConfig,
  options: ReadDataOptions,
): Promise<number> {
  const { validation, replay } = config;
  const drawn = config.data.reduce(
    (sum, { figures }) => sum + (figures === undefined ? 0 : tasksOf(figures)),
    0,
  );
  const data = config.data.filter(({ figures }) => figures === undefined);
  const isGiven = validation.data !== undefined;
  let read = 0;
  if (data.length > 0) {
    const { data: { manifests } } = await readData({
      ...config,
      data,
      validation: {
        ...validation,
        data: validation.data?.figures ? undefined : validation.data,
        holdOut: isGiven || drawn > 0 ? 0 : validation.holdOut,
      },
      replay: replay?.data.figures ? undefined : replay,
    }, options);
    read = manifests.reduce((sum, { items }) => sum + items.length, 0);
  }
  if (isGiven || drawn === 0) return read + drawn;
  const all = read + drawn;
  const { holdOut, count } = validation;
  return all - Math.min(count, Math.floor(holdOut * all));
}

/** Tasks of drawn figures: ordered pairs of those on which an edit is made, or one. */
function tasksOf({ count, identities = 0 }: FiguresConfig): number {
  return count * Math.max(1, identities * (identities - 1));
}
