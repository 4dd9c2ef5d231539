import type { Quad } from "@edit-transfer/composite";
import type { Image } from "@edit-transfer/image";
import { createHash } from "node:crypto";
import { DatasetError } from "./dataset_error.ts";
import { DatasetTask, FileHashes } from "./dataset_task.ts";
import type { Encoded, EncodingCache } from "./encoding_cache.ts";
import { Encodings } from "./encodings.ts";
import type { Manifest } from "./manifest.ts";
import type { SeamMode } from "./split_composite.ts";

/** A caption as the transformer sees it. */
export interface EncodedCaption {
  /** CLIP's vector, `[C]`. */
  readonly pooled: Encoded;
  /** T5's states, `[T, C]`. */
  readonly states: Encoded;
}

/** What turns pictures and captions into numbers. */
export interface DatasetEncoder {
  /** Identity of the weights that make latents. */
  readonly latentModel: string;
  /** Identity of the weights that make text states. */
  readonly textModel: string;
  /**
   * Latents of pictures, each alone: `[h, w, 3]` each to `[c, h / f, w / f]` each.
   *
   * @param images Pictures of one size.
   */
  encodeImages(images: readonly Image[]): Promise<readonly Encoded[]>;
  /** Encodes a caption. */
  encodeCaption(caption: string): Promise<EncodedCaption>;
}

/**
 * Whether panels are encoded each alone, as in editing, or as one picture, as
 * the reference's training does.
 */
export type PanelMode = "panel" | "joint";

/** A manifest and how it is used. */
export interface DatasetSource {
  /** Its tasks. */
  readonly manifest: Manifest;
  /**
   * Where composites are cut.
   *
   * @default {"centre"}
   */
  readonly seams?: SeamMode;
  /**
   * Share of draws without caption.
   *
   * @default {0}
   */
  readonly captionDropout?: number;
}

/** Options of {@linkcode prepareDataset}. */
export interface PrepareDatasetOptions {
  /** Makes latents and text states. */
  encoder: DatasetEncoder;
  /** Where they are kept. */
  cache: EncodingCache;
  /** Side of a panel in pixels, `P`. */
  panelSize: number;
  /**
   * How panels are encoded.
   *
   * @default {"panel"}
   */
  panelMode?: PanelMode;
  /** Called after each caption and each few pictures. */
  onProgress?: (done: number, all: number) => void;
  /** Stops between two encodings with the signal's reason. */
  signal?: AbortSignal;
}

/** A task whose pictures are known to be sound. */
export interface PreparedItem {
  /** Caption in full. */
  readonly caption: string;
  /** Share of draws without it. */
  readonly captionDropout: number;
  /** SHA-256 of its pictures' files. */
  readonly content: string;
}

/** A data set with all its encodings on disk; see {@linkcode prepareDataset}. */
export class PreparedDataset {
  /** Its tasks. */
  readonly items: readonly PreparedItem[];
  /** SHA-256 over pictures and captions in their order. */
  readonly hash: string;
  readonly #encodings: Encodings;

  /** Use {@linkcode prepareDataset}. */
  constructor(items: readonly PreparedItem[], encodings: Encodings) {
    this.items = items;
    this.#encodings = encodings;
    const hash = createHash("sha256");
    for (const { content, caption } of items) {
      hash.update(`${JSON.stringify([content, caption])}\n`);
    }
    this.hash = hash.digest("hex");
  }

  /**
   * Latents of a task.
   *
   * @param index Number of the task, from 0.
   * @returns `[c, 2h, 2w]`; not to be changed.
   */
  latents(index: number): Promise<Encoded> {
    return this.#encodings.latents(index);
  }

  /**
   * The four panels of a task, cut and resized.
   *
   * @param index Number of the task, from 0.
   * @returns `[P, P, 3]` each.
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
 * Checks all pictures of data sets and encodes what the cache lacks: first all
 * captions, then all pictures, each file once however many tasks share it.
 *
 * @param sources One or more data sets, one after the other.
 * @param options See {@linkcode PrepareDatasetOptions}.
 * @returns The data, read from the cache when it is asked for.
 *
 * @throws {DatasetError} If a picture cannot be read or has a wrong shape,
 * naming it and its number.
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
  const tasks = sources.flatMap((
    { manifest, seams = "centre", captionDropout = 0 },
  ) =>
    manifest.items.map((item, index) =>
      new DatasetTask(item, { manifest, index, seams, captionDropout })
    )
  );
  if (tasks.length === 0) {
    throw new DatasetError(
      `Cannot prepare data as there must be at least one task: got ${sources.length} empty data sets`,
      { path: sources[0]?.manifest.path ?? "" },
    );
  }
  const hashes = new FileHashes();
  const items: PreparedItem[] = [];
  for (const task of tasks) {
    options.signal?.throwIfAborted();
    items.push(await task.hashed(hashes));
  }
  const encodings = new Encodings(tasks, { items, ...options });
  const captions = new Set(["", ...items.map(({ caption }) => caption)]);
  let done = 0;
  for (const caption of captions) {
    await encodings.text(caption);
    options.onProgress?.(++done, captions.size);
    options.signal?.throwIfAborted();
  }
  for await (const pictures of encodings.prepare()) {
    options.onProgress?.(done += pictures.done, captions.size + pictures.all);
    options.signal?.throwIfAborted();
  }
  return new PreparedDataset(items, encodings);
}
