import type { Quad } from "@edit-transfer/composite";
import { hashText } from "@edit-transfer/files";
import type { Image } from "@edit-transfer/image";
import { checkedTasks, reporter } from "./check_pictures.ts";
import type { EncodedCaption, PanelTransform } from "./dataset_encoder.ts";
import type { PreparedItem } from "./dataset_task.ts";
import { Encodings } from "./encodings.ts";
import type { HostTensor } from "./host_tensor.ts";
import type {
  DatasetSource,
  PrepareDatasetOptions,
} from "./prepare_options.ts";

/** A data set with all its encodings on disk; see {@linkcode prepareDataset}. */
export class PreparedDataset {
  /** Its tasks. */
  readonly items: readonly PreparedItem[];
  /** SHA-256 over pictures, captions and shapes in their order. */
  readonly hash: string;
  readonly #encodings: Encodings;

  /** Use {@linkcode prepareDataset}. */
  constructor(items: readonly PreparedItem[], encodings: Encodings) {
    this.items = items;
    this.#encodings = encodings;
    const lines = items.map(
      ({ content, caption, panel: { width, height } }) => {
        const shape = width === height ? [] : [width, height];
        return `${JSON.stringify([content, caption, ...shape])}\n`;
      },
    );
    this.hash = hashText(lines.join(""));
  }

  /**
   * Latents of a task.
   *
   * @param index Number of the task, from 0.
   * @param transform Change of its panels, encoded where the cache lacks it.
   * @returns `[c, 2h, 2w]`; not to be changed.
   */
  latents(index: number, transform?: PanelTransform): Promise<HostTensor> {
    return this.#encodings.latents(index, transform);
  }

  /**
   * The four panels of a task, cut and resized.
   *
   * @param index Number of the task, from 0.
   * @returns Four pictures of the extents of its panels.
   */
  panels(index: number): Promise<Quad<Image>> {
    return this.#encodings.panels(index);
  }

  /**
   * Text states of a caption.
   *
   * @param caption Caption of a task, or the empty one.
   * @returns States, not to be changed.
   */
  text(caption: string): Promise<EncodedCaption> {
    return this.#encodings.text(caption);
  }
}

/**
 * Checks all pictures of data sets, tells what was found of the seams of
 * composites, and encodes what the cache lacks: first all
 * captions, then all pictures, each file once however many tasks share it.
 *
 * @param sources One or more data sets, one after the other.
 * @param options See {@linkcode PrepareDatasetOptions}.
 * @returns The data, read from the cache when it is asked for.
 *
 * @throws {DatasetError} If a picture cannot be read or has a wrong shape, or
 * another than the one that it makes a pair with, or is a single picture where a
 * composite is wanted, naming it and its number.
 *
 * @example Usage
 * ```ts
 * import { EncodingCache, prepareDataset } from "@edit-transfer/dataset";
 * import assert from "node:assert/strict";
 *
 * const encoder = {
 *   latentModel: "vae",
 *   textModel: "text",
 *   encodeImages: () => Promise.reject(new Error("unused")),
 *   encodeCaption: () => Promise.reject(new Error("unused")),
 * };
 * await assert.rejects(
 *   prepareDataset([], { encoder, cache: new EncodingCache("cache"), panelSize: 64 }),
 *   /at least one task/,
 * );
 * ```
 */
export async function prepareDataset(
  sources: readonly DatasetSource[],
  options: PrepareDatasetOptions,
): Promise<PreparedDataset> {
  const { tasks, items } = await checkedTasks(sources, options);
  const encodings = new Encodings(tasks, { items, ...options });
  const report = reporter(options);
  const captions = new Set(["", ...items.map(({ caption }) => caption)]);
  let done = 0;
  for (const caption of captions) {
    await encodings.text(caption);
    report({ phase: "captions", done: ++done, all: captions.size });
  }
  done = 0;
  for await (const pictures of encodings.prepare()) {
    done += pictures.done;
    report({ phase: "pictures", done, all: pictures.all });
  }
  return new PreparedDataset(items, encodings);
}
