import {
  dryDevice,
  type Linear,
  type ParameterReader,
  type Tensor,
} from "@edit-transfer/tensor";
import type { FluxConfig } from "./config.ts";
import { DoubleBlock } from "./double_block.ts";
import { SingleBlock } from "./single_block.ts";

/** A block of either kind. */
export type Block = DoubleBlock | SingleBlock;

/** A block that is on the device. */
interface Loaded {
  readonly block: Block;
  readonly tensors: readonly Tensor[];
}

/** A place in the order of the blocks. */
interface Slot {
  /** Path in the checkpoint, e.g. `"transformer_blocks.0"`. */
  readonly path: string;
  /** Whether the block stays once it is loaded. */
  readonly stays: boolean;
  /** Its layers without values, which have the branches; else those loaded have. */
  readonly outline: Loaded | undefined;
  readonly load: () => Promise<Loaded>;
  loaded: Loaded | undefined;
  loading: Promise<Loaded> | undefined;
}

/**
 * The blocks of a transformer, double ones first: some stay on the device, the
 * others are loaded for each use and freed after it.
 */
export class BlockStore implements Disposable {
  readonly #slots: readonly Slot[];

  private constructor(slots: readonly Slot[]) {
    this.#slots = slots;
  }

  /**
   * Loads the blocks that stay, all of them where `resident` is left out.
   *
   * @throws {WeightError} If a parameter is missing or of another shape.
   * @throws {RangeError} If `resident` is of another length.
   */
  static async load(
    reader: ParameterReader,
    config: FluxConfig,
    resident?: readonly boolean[],
  ): Promise<BlockStore> {
    const { numLayers, numSingleLayers } = config;
    const count = numLayers + numSingleLayers;
    if (resident !== undefined && resident.length !== count) {
      throw new RangeError(
        `Cannot load FluxTransformer as it must be said of each of its ${count} blocks whether it stays: got ${resident.length}`,
      );
    }
    const slots: Slot[] = [];
    for (let i = 0; i < count; i++) {
      const [kind, list, n] = i < numLayers
        ? [DoubleBlock, "transformer_blocks", i] as const
        : [SingleBlock, "single_transformer_blocks", i - numLayers] as const;
      const at = reader.at(list).at(n);
      const outline = resident && await outlineOf(at, kind, config);
      slots.push({
        path: `${list}.${n}`,
        stays: resident?.[i] ?? true,
        outline,
        load: () => loadBlock(at.apart(), kind, config),
        loaded: undefined,
        loading: undefined,
      });
    }
    const store = new BlockStore(slots);
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

  /** Layers by their path in the checkpoint; their branches last. */
  linears(): ReadonlyMap<string, Linear> {
    const linears = new Map<string, Linear>();
    for (const { path, outline, loaded } of this.#slots) {
      const { block } = (outline ?? loaded)!;
      for (const [name, linear] of Object.entries(block.linears())) {
        linears.set(`${path}.${name}`, linear);
      }
    }
    return linears;
  }

  /**
   * A block that is on the device.
   *
   * @throws {Error} If it is not.
   */
  at(index: number): Block {
    const { loaded, outline, path } = this.#slots[index]!;
    if (loaded === undefined) {
      throw new Error(
        `Cannot run FluxTransformer at once as all blocks must be on the device: got ${path} on disk; use velocity()`,
      );
    }
    if (outline !== undefined) shareBranches(outline.block, loaded.block);
    return loaded.block;
  }

  /** A block, loaded if need be. */
  async take(index: number): Promise<Block> {
    const slot = this.#slots[index]!;
    slot.loaded ??= await (slot.loading ?? slot.load());
    slot.loading = undefined;
    return this.at(index);
  }

  /** Frees a block that was used unless it stays; tells whether it did. */
  leave(index: number): boolean {
    const slot = this.#slots[index]!;
    if (!slot.stays) free(slot);
    return !slot.stays;
  }

  /** Begins to load the next block after one that is not on the device. */
  async loadAfter(index: number): Promise<void> {
    const next = this.#slots.find((slot, i) =>
      i > index && slot.loaded === undefined
    );
    if (next === undefined) return;
    next.loading ??= next.load();
    await next.loading.catch(() => {}); // thrown where the block is taken
  }

  /** Frees what is loaded, or being loaded, and would not stay. */
  async settle(): Promise<void> {
    for (const slot of this.#slots) {
      const begun = await slot.loading?.catch(() => undefined);
      if (begun !== undefined && slot.loaded === undefined) {
        slot.loaded = begun;
      }
      slot.loading = undefined;
      if (!slot.stays) free(slot);
    }
  }

  /** Frees all blocks. */
  [Symbol.dispose](): void {
    for (const slot of this.#slots) free(slot);
  }
}

interface Kind {
  load(reader: ParameterReader, config: FluxConfig): Promise<Block>;
}

/** Loads a block, or nothing of it. */
async function loadBlock(
  reader: ParameterReader,
  kind: Kind,
  config: FluxConfig,
): Promise<Loaded> {
  try {
    return {
      block: await kind.load(reader, config),
      tensors: reader.loaded(),
    };
  } catch (error) {
    for (const tensor of reader.loaded()) tensor.dispose();
    throw error;
  }
}

/** A block whose parameters have shapes and types but no memory. */
async function outlineOf(
  reader: ParameterReader,
  kind: Kind,
  config: FluxConfig,
): Promise<Loaded> {
  return await loadBlock(reader.apart(dryDevice()), kind, config);
}

function bytesOf({ tensors }: Loaded): number {
  return tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Gives the layers of a block the branches of another. */
function shareBranches(from: Block, to: Block): void {
  const sources = from.linears();
  for (const [name, { branches }] of Object.entries(to.linears())) {
    branches.splice(0, Infinity, ...sources[name]!.branches);
  }
}

function free(slot: Slot): void {
  for (const tensor of slot.loaded?.tensors ?? []) tensor.dispose();
  slot.loaded = undefined;
}
