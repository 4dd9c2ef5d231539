import { type Quad, tileQuad } from "@edit-transfer/composite";
import { type Image, type Size, tileGrid } from "@edit-transfer/image";
import type {
  DatasetEncoder,
  EncodedCaption,
  PanelMode,
  PanelTransform,
} from "./dataset_encoder.ts";
import type { DatasetTask, PreparedItem } from "./dataset_task.ts";
import type { CacheKey, EncodingCache } from "./encoding_cache.ts";
import type { HostTensor } from "./host_tensor.ts";

/** Bytes of encodings that are held in memory. */
const MEMORY = 512 * 2 ** 20;
/** Pixels that are encoded at once: 32 small panels, or one large picture. */
const PIXELS_AT_ONCE = 32 * 64 * 64;

type Arrays = Readonly<Record<string, HostTensor>>;

/** What is encoded and cached as one: a panel in a file of its own, or a composite. */
interface Unit {
  readonly key: CacheKey;
  /** The task that names it in messages. */
  readonly task: DatasetTask;
  /** Extents of what is encoded alone, in pixels. */
  readonly size: Size;
  /** Panels in its pictures. */
  readonly panels: number;
  /** Pictures whose latents make it: one, or four panels. */
  images(): Promise<readonly Image[]>;
}

/** What {@linkcode Encodings} reads. */
export interface EncodingsOptions {
  /** The tasks with their hashes. */
  readonly items: readonly PreparedItem[];
  readonly encoder: DatasetEncoder;
  readonly cache: EncodingCache;
  readonly panelMode?: PanelMode | undefined;
}

/**
 * Latents and text states of tasks through a cache; they are held in memory
 * while there is room. A panel that tasks share is encoded and held once.
 */
export class Encodings {
  readonly #tasks: readonly DatasetTask[];
  readonly #options: EncodingsOptions;
  readonly #held = new Map<string, Arrays>();
  #room = MEMORY;

  constructor(tasks: readonly DatasetTask[], options: EncodingsOptions) {
    this.#tasks = tasks;
    this.#options = options;
  }

  /**
   * Encodes what the cache lacks; gives the number of pictures done, now and then.
   *
   * Batches are the same whatever the cache holds, as sums of a batch may be
   * grouped in other ways than those of another: a run that was stopped here goes
   * on to the same bytes.
   */
  async *prepare(): AsyncGenerator<{ done: number; all: number }> {
    const units = new Map<string, Unit>();
    for (const index of this.#tasks.keys()) {
      for (const unit of this.#units(index)) units.set(nameOf(unit.key), unit);
    }
    const shapes = Map.groupBy(
      units.values(),
      ({ size: { width, height } }) => `${width}x${height}`,
    );
    for (const own of shapes.values()) {
      const { panels, size: { width, height } } = own[0]!;
      const pixels = panels * width * height;
      const count = Math.max(1, Math.floor(PIXELS_AT_ONCE / pixels));
      for (let first = 0; first < own.length;) {
        const batch = own.slice(first, first += count);
        const found = await Promise.all(
          batch.map(({ key }) => this.#find(key)),
        );
        const missing = batch.filter((_, i) => found[i] === undefined);
        if (missing.length > 0) await this.#encode(batch, missing);
        yield { done: batch.length, all: units.size };
      }
    }
  }

  /** Latents of a task, `[c, 2h, 2w]`, its panels changed first. */
  async latents(
    index: number,
    transform?: PanelTransform,
  ): Promise<HostTensor> {
    const parts: HostTensor[] = [];
    for (const unit of this.#units(index, transform)) {
      const arrays = await this.#find(unit.key) ??
        (await this.#encode([unit], [unit]))[0]!;
      parts.push(arrays.latents!);
    }
    return composed(parts);
  }

  /** Panels of a task, of its extents. */
  panels(index: number): Promise<Quad<Image>> {
    return this.#tasks[index]!.panels(this.#options.items[index]!.panel);
  }

  /** Text states of a caption. */
  async text(caption: string): Promise<EncodedCaption> {
    const { encoder, cache } = this.#options;
    const key = { kind: "text", caption, model: encoder.textModel };
    const found = await this.#find(key) ?? this.#hold(
      key,
      await cache.put(key, { ...await encoder.encodeCaption(caption) }),
    );
    return { pooled: found.pooled!, states: found.states! };
  }

  /** What a task is made of. */
  #units(index: number, change?: PanelTransform): Unit[] {
    const { items, encoder, panelMode = "panel" } = this.#options;
    const task = this.#tasks[index]!;
    const { content, panel: size, transforms } = items[index]!;
    const keyOf = (transform: string) => ({
      kind: "latents",
      transform: change === undefined
        ? transform
        : `${transform} ${change.name}`,
      model: encoder.latentModel,
      mode: panelMode,
    });
    const apply = (panel: Image) => change?.apply(panel) ?? panel;
    if (panelMode === "panel" && task.paths.length === 4) {
      return content.split(" ").map((hash, panel) => ({
        key: { ...keyOf(transforms[panel]!), content: hash },
        task,
        size,
        panels: 1,
        images: async () => [await apply(await task.panel(panel, size))],
      }));
    }
    const images = async () => {
      const [a, b, d, e] = await task.panels(size);
      const panels: Quad<Image> = [
        await apply(a),
        await apply(b),
        await apply(d),
        await apply(e),
      ];
      return panelMode === "joint" ? [tileGrid(panels)] : panels;
    };
    const transform = [...new Set(transforms)].join(" ");
    const key = { ...keyOf(transform), content };
    return [{ key, task, size, panels: 4, images }];
  }

  /** Encodes a batch together and caches what is missing of it. */
  async #encode(
    batch: readonly Unit[],
    missing: readonly Unit[],
  ): Promise<Arrays[]> {
    const { encoder, cache } = this.#options;
    const images = await Promise.all(
      batch.map(({ task, images }) => task.named(images)),
    );
    const encoded = await encoder.encodeImages(images.flat());
    let at = 0;
    const latents = images.map(({ length }) =>
      composed(encoded.slice(at, at += length))
    );
    return await Promise.all(missing.map(async (unit) => {
      const { key, task } = unit;
      const made = { latents: latents[batch.indexOf(unit)]! };
      return this.#hold(key, await task.named(() => cache.put(key, made)));
    }));
  }

  async #find(key: CacheKey): Promise<Arrays | undefined> {
    const held = this.#held.get(nameOf(key));
    if (held !== undefined) return held;
    const found = await this.#options.cache.find(key);
    return found && this.#hold(key, found);
  }

  /** Keeps arrays in memory, if there is room. */
  #hold(key: CacheKey, arrays: Arrays): Arrays {
    const bytes = Object.values(arrays)
      .reduce((sum, { data }) => sum + data.byteLength, 0);
    if (bytes <= this.#room) {
      this.#held.set(nameOf(key), arrays);
      this.#room -= bytes;
    }
    return arrays;
  }
}

function nameOf({ kind, content, transform, caption }: CacheKey): string {
  return `${kind} ${transform} ${content ?? caption}`;
}

/** Latents `[c, h, w]` of four panels as `[c, 2h, 2w]`, or those of one picture. */
function composed(parts: readonly HostTensor[]): HostTensor {
  if (parts.length === 1) return parts[0]!;
  const [c, h, w] = parts[0]!.shape as [number, number, number];
  const [a, b, d, e] = parts.map(({ data }) => data) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const data = Float32Array.from(tileQuad([a, b, d, e], [c, h, w]));
  return { shape: [c, 2 * h, 2 * w], data };
}
