import type { Quad } from "@edit-transfer/composite";
import { decodeImage, fitSquare, type Image } from "@edit-transfer/image";
import { hashFile } from "@edit-transfer/weights";
import { createHash } from "node:crypto";
import { DatasetError } from "./dataset_error.ts";
import type { CacheKey, Encoded, EncodingCache } from "./encoding_cache.ts";
import type { Manifest, ManifestItem } from "./manifest.ts";
import { type SeamMode, splitComposite } from "./split_composite.ts";

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
   * Latents of a composite, `[c, 2h, 2w]`.
   *
   * @param panels Panels, `[P, P, 3]` each.
   * @param mode Whether each panel is encoded alone, or all as one picture.
   */
  encodePanels(panels: Quad<Image>, mode: PanelMode): Promise<Encoded>;
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
  /** Called after each caption and each picture. */
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

/** Bytes of encodings that are held in memory. */
const MEMORY = 512 * 2 ** 20;

/** A data set with all its encodings on disk; see {@linkcode prepareDataset}. */
export class PreparedDataset {
  /** Its tasks. */
  readonly items: readonly PreparedItem[];
  /** SHA-256 over pictures and captions in their order. */
  readonly hash: string;
  readonly #read: Reader;

  /** Use {@linkcode prepareDataset}. */
  constructor(items: readonly PreparedItem[], read: Reader) {
    this.items = items;
    this.#read = read;
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
    return this.#read.latents(index);
  }

  /**
   * The four panels of a task, cut and resized.
   *
   * @param index Number of the task, from 0.
   * @returns `[P, P, 3]` each.
   */
  panels(index: number): Promise<Quad<Image>> {
    return this.#read.panels(index);
  }

  /**
   * Text states of a caption.
   *
   * @param caption Caption of a task, or the empty one.
   * @returns States, not to be changed.
   */
  text(caption: string): Promise<EncodedCaption> {
    return this.#read.text(caption);
  }
}

interface Reader {
  latents(index: number): Promise<Encoded>;
  panels(index: number): Promise<Quad<Image>>;
  text(caption: string): Promise<EncodedCaption>;
}

/**
 * Checks all pictures of data sets and encodes what the cache lacks: first all
 * captions, then all pictures.
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
 *   encodePanels: () => Promise.reject(new Error("unused")),
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
      new Task(item, { manifest, index, seams, captionDropout })
    )
  );
  if (tasks.length === 0) {
    throw new DatasetError(
      `Cannot prepare data as there must be at least one task: got ${sources.length} empty data sets`,
      { path: sources[0]?.manifest.path ?? "" },
    );
  }
  const items = [];
  for (const task of tasks) items.push(await task.hashed());
  const read = reader(tasks, { items, options });
  const captions = new Set(items.map(({ caption }) => caption));
  captions.add("");
  let done = 0;
  const progress = () => {
    options.signal?.throwIfAborted();
    options.onProgress?.(++done, captions.size + tasks.length);
  };
  for (const caption of captions) {
    await read.text(caption);
    progress();
  }
  for (const [index, task] of tasks.entries()) {
    await task.named(() => read.latents(index));
    progress();
  }
  return new PreparedDataset(items, read);
}

/** An item of a manifest and its place there. */
class Task {
  readonly #item: ManifestItem;
  readonly #place: {
    readonly manifest: Manifest;
    readonly index: number;
    readonly seams: SeamMode;
    readonly captionDropout: number;
  };

  constructor(
    item: ManifestItem,
    place: {
      manifest: Manifest;
      index: number;
      seams: SeamMode;
      captionDropout: number;
    },
  ) {
    this.#item = item;
    this.#place = place;
  }

  get #paths(): string[] {
    const { pictures } = this.#item;
    if ("composite" in pictures) return [pictures.composite];
    const { before, after, query, target } = pictures.pair;
    return [before, after, query, target];
  }

  /** How the pictures become panels. */
  get transform(): string {
    return "composite" in this.#item.pictures
      ? `composite ${this.#place.seams}`
      : "pair crop";
  }

  async hashed(): Promise<PreparedItem> {
    const hashes = await this.named(() =>
      Promise.all(this.#paths.map(hashFile))
    );
    return {
      caption: this.#item.caption,
      captionDropout: this.#place.captionDropout,
      content: hashes.join(" "),
    };
  }

  panels(size: number): Promise<Quad<Image>> {
    return this.named(async () => {
      const images = [];
      for (const path of this.#paths) images.push(await decodeImage(path));
      if (images.length === 1) {
        return await splitComposite(images[0]!, {
          size,
          seams: this.#place.seams,
        });
      }
      const squares = await Promise.all(
        images.map((image) => fitSquare(image, size)),
      );
      return squares as [Image, Image, Image, Image];
    });
  }

  /** Runs `body`; an error of it says which item it is about. */
  async named<T>(body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (cause) {
      if (cause instanceof DatasetError || !(cause instanceof Error)) {
        throw cause;
      }
      const { manifest: { items, path }, index } = this.#place;
      throw new DatasetError(
        `Cannot use item ${
          index + 1
        } of ${items.length}, ${this.#item.name}, of data set "${path}": ${cause.message}`,
        { path, index, cause },
      );
    }
  }
}

/** Reads encodings through the cache, and holds them while there is room. */
function reader(
  tasks: readonly Task[],
  { items, options }: {
    items: readonly PreparedItem[];
    options: PrepareDatasetOptions;
  },
): Reader {
  const { encoder, cache, panelSize, panelMode = "panel" } = options;
  const held = new Map<string, Readonly<Record<string, Encoded>>>();
  let room = MEMORY;
  const get = async (
    name: string,
    key: CacheKey,
    encode: () => Promise<Readonly<Record<string, Encoded>>>,
  ) => {
    const found = held.get(name);
    if (found !== undefined) return found;
    const arrays = await cache.get(key, encode);
    const bytes = Object.values(arrays)
      .reduce((sum, { data }) => sum + data.byteLength, 0);
    if (bytes <= room) {
      held.set(name, arrays);
      room -= bytes;
    }
    return arrays;
  };
  const panels = (index: number) => tasks[index]!.panels(panelSize);
  return {
    panels,
    async latents(index) {
      const key = {
        kind: "latents",
        content: items[index]!.content,
        transform: `${tasks[index]!.transform} ${panelSize}`,
        model: encoder.latentModel,
        mode: panelMode,
      };
      const { latents } = await get(`latents ${index}`, key, async () => ({
        latents: await encoder.encodePanels(await panels(index), panelMode),
      }));
      return latents!;
    },
    async text(caption) {
      const key = { kind: "text", caption, model: encoder.textModel };
      const { pooled, states } = await get(
        `text ${caption}`,
        key,
        async () => ({
          ...await encoder.encodeCaption(caption),
        }),
      );
      return { pooled: pooled!, states: states! };
    },
  };
}
