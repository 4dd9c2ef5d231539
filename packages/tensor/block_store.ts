import type { Device } from "./backend.ts";
import { dryDevice } from "./dry_device.ts";
import type { Gain } from "./gain.ts";
import type { Linear } from "./linear.ts";
import type { ParameterReader } from "./parameter.ts";
import type { Tensor } from "./tensor.ts";

/** A block of a model, and how it is loaded. */
export interface BlockPlace<Block> {
  /** Path in the checkpoint, e.g. `"transformer_blocks.0"`. */
  readonly path: string;
  /** Loads it by a reader at that path. */
  load(reader: ParameterReader): Promise<Block>;
}

/** Options of {@linkcode BlockStore.load}. */
export interface BlockStoreOptions<Block> {
  /** Name of the model, for messages. */
  readonly model: string;
  /**
   * Which blocks stay on the device.
   *
   * @default {all}
   */
  readonly resident?: readonly boolean[] | undefined;
  /** Method of the model that loads blocks as it comes to them, for messages. */
  readonly streaming?: string | undefined;
  /** Layers of a block that may have branches, by their path below the block. */
  readonly linears?:
    | ((block: Block) => Readonly<Record<string, Linear>>)
    | undefined;
  /** Gains of a block that may be changed, by their path below the block. */
  readonly gains?:
    | ((block: Block) => Readonly<Record<string, Gain>>)
    | undefined;
}

/** A block that is on the device. */
interface Loaded<Block> {
  readonly block: Block;
  readonly tensors: readonly Tensor[];
}

/** A place in the order of the blocks. */
interface Slot<Block> {
  readonly path: string;
  /** Whether the block stays once it is loaded. */
  readonly stays: boolean;
  /** Its layers without values, which have the branches; else those loaded have. */
  readonly outline: Loaded<Block> | undefined;
  readonly load: () => Promise<Loaded<Block>>;
  loaded: Loaded<Block> | undefined;
  loading: Promise<Loaded<Block>> | undefined;
}

/**
 * The blocks of a model in order: some stay on the device, the others are
 * loaded for each use and freed after it.
 *
 * @example Usage
 * ```ts
 * import { BlockStore, openDevice, ParameterReader } from "@edit-transfer/tensor";
 * import { memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const device = await openDevice("cpu", { threads: 1 });
 * const one = { dtype: "F32", shape: [1], data: Float32Array.of(2) } as const;
 * const reader = new ParameterReader(
 *   device,
 *   memoryWeights({ "blocks.0.gain": one, "blocks.1.gain": one }),
 * );
 * using blocks = await BlockStore.load(
 *   reader,
 *   [0, 1].map((i) => ({
 *     path: `blocks.${i}`,
 *     load: (reader) => reader.load("gain", [1]),
 *   })),
 *   { model: "a model of two gains", resident: [true, false] },
 * );
 * const gains: number[] = [];
 * await blocks.pass(device, async (gain) => {
 *   gains.push(...await gain.data());
 * });
 * assert.deepEqual(gains, [2, 2]);
 * assert.equal(device.memory.tensors, 1); // the first stays
 * ```
 */
export class BlockStore<Block> implements Disposable {
  readonly #slots: readonly Slot<Block>[];
  readonly #options: BlockStoreOptions<Block>;

  private constructor(
    slots: readonly Slot<Block>[],
    options: BlockStoreOptions<Block>,
  ) {
    this.#slots = slots;
    this.#options = options;
  }

  /**
   * Loads the blocks that stay.
   *
   * @param reader Reader that the paths of the blocks begin at.
   * @param places All blocks, in order.
   * @param options See {@linkcode BlockStoreOptions}.
   * @returns The blocks, owned by the caller.
   *
   * @throws {WeightError} If a parameter is missing or of another shape.
   * @throws {RangeError} If `resident` is of another length.
   */
  static async load<Block>(
    reader: ParameterReader,
    places: readonly BlockPlace<Block>[],
    options: BlockStoreOptions<Block>,
  ): Promise<BlockStore<Block>> {
    const { model, resident } = options;
    if (resident !== undefined && resident.length !== places.length) {
      throw new RangeError(
        `Cannot load ${model} as it must be said of each of its ${places.length} blocks whether it stays: got ${resident.length}`,
      );
    }
    const slots: Slot<Block>[] = [];
    for (const [i, place] of places.entries()) {
      const at = reader.at(place.path);
      slots.push({
        path: place.path,
        stays: resident?.[i] ?? true,
        // parameters with shapes and types but no memory
        outline: resident && await loadBlock(at.apart(dryDevice()), place),
        load: () => loadBlock(at.apart(), place),
        loaded: undefined,
        loading: undefined,
      });
    }
    const store = new BlockStore(slots, options);
    try {
      for (const slot of slots) {
        if (slot.stays) slot.loaded = await slot.load();
      }
      return store;
    } catch (error) {
      store[Symbol.dispose]();
      throw error;
    }
  }

  /** Number of blocks. */
  get length(): number {
    return this.#slots.length;
  }

  /** Bytes of each block. */
  get sizes(): number[] {
    return this.#slots.map(({ loaded, outline }) =>
      bytesOf((outline ?? loaded)!)
    );
  }

  /** Bytes of the largest block that does not stay, 0 if all do. */
  get streamedBytes(): number {
    const sizes = this.sizes.filter((_, i) => !this.#slots[i]!.stays);
    return Math.max(0, ...sizes);
  }

  /**
   * Layers that may have branches; those of a block that is loaded follow them.
   *
   * @returns The layers by their path in the checkpoint.
   */
  linears(): ReadonlyMap<string, Linear> {
    return this.#collect((block) => this.#linearsOf(block));
  }

  /**
   * Gains that may be changed; those of a block that is loaded follow them.
   *
   * @returns The gains by their path in the checkpoint.
   */
  gains(): ReadonlyMap<string, Gain> {
    return this.#collect((block) => this.#gainsOf(block));
  }

  /**
   * A block that is on the device.
   *
   * @param index Its place in the order.
   * @returns The block, owned by the store.
   *
   * @throws {Error} If it is not there.
   */
  at(index: number): Block {
    const { loaded, outline, path } = this.#slots[index]!;
    if (loaded === undefined) {
      const { model, streaming } = this.#options;
      const advice = streaming === undefined ? "" : `; use ${streaming}`;
      throw new Error(
        `Cannot run ${model} at once as all blocks must be on the device: got ${path} on disk${advice}`,
      );
    }
    if (outline !== undefined) this.#shareBranches(outline, loaded);
    return loaded.block;
  }

  /**
   * Calls a function with each block in order, loading one that does not stay
   * while the device is busy with those before it.
   *
   * Such a block is freed as soon as its work is queued, so that there is room
   * for one of them only: the queue of a device runs in order, and would write
   * a second one no earlier. There is one pass at a time.
   *
   * @param device Device that they are on.
   * @param use Queues the work of a block.
   * @param options `signal` stops before the next block.
   */
  async pass(
    device: Device,
    use: (block: Block, index: number) => Promise<void> | void,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    let busy = Promise.resolve();
    try {
      for (let i = 0; i < this.length; i++) {
        const block = await this.#take(i);
        signal?.throwIfAborted();
        await use(block, i);
        if (this.#leave(i)) {
          await busy; // so that uploads of one block wait at most
          busy = device.sync();
          busy.catch(() => {}); // thrown by the next sync, too
        }
        const ahead = this.#loadAfter(i);
        if (device.dry) await ahead; // to be counted in full
      }
    } finally {
      await busy.catch(() => {});
      await this.#settle();
    }
  }

  /** Frees all blocks. */
  [Symbol.dispose](): void {
    for (const slot of this.#slots) free(slot);
  }

  /** A block, loaded if need be. */
  async #take(index: number): Promise<Block> {
    const slot = this.#slots[index]!;
    slot.loaded ??= await (slot.loading ?? slot.load());
    slot.loading = undefined;
    return this.at(index);
  }

  /** Frees a block that was used unless it stays; tells whether it did. */
  #leave(index: number): boolean {
    const slot = this.#slots[index]!;
    if (!slot.stays) free(slot);
    return !slot.stays;
  }

  /** Begins to load the next block after one that is not on the device. */
  async #loadAfter(index: number): Promise<void> {
    const next = this.#slots.find((slot, i) =>
      i > index && slot.loaded === undefined
    );
    if (next === undefined) return;
    next.loading ??= next.load();
    await next.loading.catch(() => {}); // thrown where the block is taken
  }

  /** Frees what is loaded, or being loaded, and would not stay. */
  async #settle(): Promise<void> {
    for (const slot of this.#slots) {
      const begun = await slot.loading?.catch(() => undefined);
      if (begun !== undefined && slot.loaded === undefined) {
        slot.loaded = begun;
      }
      slot.loading = undefined;
      if (!slot.stays) free(slot);
    }
  }

  #linearsOf(block: Block): Readonly<Record<string, Linear>> {
    return this.#options.linears?.(block) ?? {};
  }

  #gainsOf(block: Block): Readonly<Record<string, Gain>> {
    return this.#options.gains?.(block) ?? {};
  }

  /** What all blocks have, by its path in the checkpoint. */
  #collect<T>(of: (block: Block) => Readonly<Record<string, T>>) {
    const found = new Map<string, T>();
    for (const { path, outline, loaded } of this.#slots) {
      const { block } = (outline ?? loaded)!;
      for (const [name, layer] of Object.entries(of(block))) {
        found.set(`${path}.${name}`, layer);
      }
    }
    return found;
  }

  /** Gives the layers of a block what is added to those of another. */
  #shareBranches(from: Loaded<Block>, to: Loaded<Block>): void {
    const linears = this.#linearsOf(from.block);
    for (const [name, linear] of Object.entries(this.#linearsOf(to.block))) {
      linear.share(linears[name]!);
    }
    const gains = this.#gainsOf(from.block);
    for (const [name, gain] of Object.entries(this.#gainsOf(to.block))) {
      gain.share(gains[name]!);
    }
  }
}

/** Loads a block, or nothing of it. */
async function loadBlock<Block>(
  reader: ParameterReader,
  place: BlockPlace<Block>,
): Promise<Loaded<Block>> {
  try {
    return { block: await place.load(reader), tensors: reader.loaded() };
  } catch (error) {
    for (const tensor of reader.loaded()) tensor.dispose();
    throw error;
  }
}

function bytesOf({ tensors }: Loaded<unknown>): number {
  return tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function free(slot: Slot<unknown>): void {
  for (const tensor of slot.loaded?.tensors ?? []) tensor.dispose();
  slot.loaded = undefined;
}
