import { checkSeams } from "./check_seams.ts";
import { DatasetError } from "./dataset_error.ts";
import { DatasetTask, FileFacts, type PreparedItem } from "./dataset_task.ts";
import type {
  DatasetSource,
  PrepareDatasetOptions,
  PrepareProgress,
} from "./prepare_options.ts";

/** What checking pictures needs. */
export type CheckPicturesOptions = Pick<
  PrepareDatasetOptions,
  | "cache"
  | "panelSize"
  | "multiple"
  | "onNotice"
  | "onProgress"
  | "signal"
>;

/**
 * Checks all pictures of data sets and encodes none of them, as
 * `prepareDataset` does first.
 *
 * @param sources One or more data sets, one after the other.
 * @param options See {@linkcode PrepareDatasetOptions}.
 * @returns Nothing; it resolves when all can be used.
 *
 * @throws {DatasetError} If a picture cannot be used, naming it and its number.
 *
 * @example Usage
 * ```ts
 * import { checkPictures, EncodingCache } from "@edit-transfer/dataset";
 * import assert from "node:assert/strict";
 *
 * const cache = new EncodingCache("cache");
 * await assert.rejects(checkPictures([], { cache, panelSize: 64 }), /at least one task/);
 * ```
 */
export async function checkPictures(
  sources: readonly DatasetSource[],
  options: CheckPicturesOptions,
): Promise<void> {
  await checkedTasks(sources, options);
}

/** Tasks whose pictures are known to be sound, and what is known of them. */
export async function checkedTasks(
  sources: readonly DatasetSource[],
  options: CheckPicturesOptions,
): Promise<{ tasks: DatasetTask[]; items: PreparedItem[] }> {
  const told = new Set<string>();
  const onNotice = (notice: string) => {
    if (!told.has(notice)) options.onNotice?.(notice);
    told.add(notice);
  };
  const tasks = sources.flatMap((
    { manifest, seams = "detect", captionDropout = 0 },
  ) =>
    manifest.items.map((item, index) =>
      new DatasetTask(item, {
        manifest,
        index,
        seams,
        captionDropout,
        onNotice,
      })
    )
  );
  if (tasks.length === 0) {
    throw new DatasetError(
      `Cannot prepare data as there must be at least one task: got ${sources.length} empty data sets`,
      { path: sources[0]?.manifest.path ?? "" },
    );
  }
  const facts = new FileFacts();
  const items: PreparedItem[] = [];
  for (const task of tasks) {
    options.signal?.throwIfAborted();
    items.push(await task.prepared(facts, options));
  }
  const report = reporter(options);
  await checkSeams(tasks, {
    items,
    cache: options.cache,
    onNotice,
    onProgress: (done, all) => report({ phase: "seams", done, all }),
  });
  return { tasks, items };
}

/** Tells how far it is, and stops where it shall. */
export function reporter(
  { onProgress, signal }: Pick<CheckPicturesOptions, "onProgress" | "signal">,
): (progress: PrepareProgress) => void {
  return (progress) => {
    onProgress?.(progress);
    signal?.throwIfAborted();
  };
}
