import { DeviceError, OutOfMemoryError } from "../errors.ts";

/** Bytes to which blocks are aligned: one cache line. */
const ALIGNMENT = 64;
export const PAGE_BYTES = 65_536;
/** Bytes at the end that stay free: programs read whole vectors. */
const GUARD_BYTES = 64;
/** Most pages to reserve addresses for; fewer where a process may not. */
const MAX_PAGES = [65_536, 32_768, 16_384];
/** Bytes that all tensors of a device share at most. */
export const MAX_BYTES = MAX_PAGES[0]! * PAGE_BYTES;
/** Pages added at a time, 16 MiB, so that growth stays rare. */
export const GROWTH_PAGES = 256;

interface Block {
  offset: number;
  sizeBytes: number;
}

/**
 * Blocks of one shared WebAssembly memory, so that the WASM programs and the
 * threads reach every tensor without a copy.
 *
 * Shared memory never moves: views made before it grows stay valid. Of 4 GiB
 * of addresses only what was touched takes up memory.
 */
export class Heap {
  /** The memory that all blocks are in. */
  readonly memory: WebAssembly.Memory;
  readonly #maxPages: number;
  /** Free blocks by offset, no two of them adjacent. */
  readonly #free: Block[] = [];
  readonly #device: string;
  /** Bytes in use, without padding. */
  bytes = 0;
  /** Most bytes in use so far. */
  peakBytes = 0;

  /** `reservedBytes` at the start of the memory are never given out. */
  constructor(
    device: string,
    reservedBytes: number,
    { memory, maximum }: Addresses = reserve(),
  ) {
    this.#device = device;
    this.memory = memory;
    this.#maxPages = maximum;
    const offset = align(reservedBytes);
    const end = GROWTH_PAGES * PAGE_BYTES - GUARD_BYTES;
    this.#free.push({ offset, sizeBytes: end - offset });
  }

  /** Takes the smallest free block that fits; returns its offset. */
  allocate(sizeBytes: number): number {
    const needed = align(sizeBytes);
    let best = this.#bestFit(needed);
    if (best === -1) {
      this.#grow(needed);
      best = this.#bestFit(needed);
    }
    const block = this.#free[best]!;
    const { offset } = block;
    if (block.sizeBytes === needed) this.#free.splice(best, 1);
    else {
      block.offset += needed;
      block.sizeBytes -= needed;
    }
    this.bytes += sizeBytes;
    this.peakBytes = Math.max(this.peakBytes, this.bytes);
    return offset;
  }

  /** Returns a block that `allocate` gave out for the same size. */
  release(offset: number, sizeBytes: number): void {
    this.bytes -= sizeBytes;
    this.#insert({ offset, sizeBytes: align(sizeBytes) });
  }

  #bestFit(needed: number): number {
    let best = -1;
    let bestSize = Infinity;
    for (let i = 0; i < this.#free.length; i++) {
      const { sizeBytes } = this.#free[i]!;
      if (sizeBytes >= needed && sizeBytes < bestSize) {
        best = i;
        bestSize = sizeBytes;
        if (sizeBytes === needed) break;
      }
    }
    return best;
  }

  /** Adds a free block and joins it with its neighbours. */
  #insert(block: Block): void {
    let low = 0;
    let high = this.#free.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#free[middle]!.offset < block.offset) low = middle + 1;
      else high = middle;
    }
    const before = this.#free[low - 1];
    const after = this.#free[low];
    const joinsAfter = after !== undefined &&
      block.offset + block.sizeBytes === after.offset;
    if (
      before !== undefined &&
      before.offset + before.sizeBytes === block.offset
    ) {
      before.sizeBytes += block.sizeBytes;
      if (joinsAfter) {
        before.sizeBytes += after.sizeBytes;
        this.#free.splice(low, 1);
      }
    } else if (joinsAfter) {
      after.offset = block.offset;
      after.sizeBytes += block.sizeBytes;
    } else this.#free.splice(low, 0, block);
  }

  #grow(needed: number): void {
    const offset = this.memory.buffer.byteLength - GUARD_BYTES;
    const last = this.#free.at(-1);
    const tail = last !== undefined && last.offset + last.sizeBytes === offset
      ? last.sizeBytes
      : 0;
    const exact = Math.ceil((needed - tail) / PAGE_BYTES);
    const left = this.#maxPages - this.memory.buffer.byteLength / PAGE_BYTES;
    const pages = Math.min(Math.max(exact, GROWTH_PAGES), left);
    try {
      if (exact > left) throw new RangeError("Cannot grow past the maximum");
      this.memory.grow(pages);
    } catch {
      throw new OutOfMemoryError(needed, this.bytes, this.#device);
    }
    this.#insert({ offset, sizeBytes: pages * PAGE_BYTES });
  }
}

/** Memory, and how many pages it may grow to. */
export interface Addresses {
  readonly memory: WebAssembly.Memory;
  readonly maximum: number;
}

/** Memory with as many addresses as the process may reserve. */
function reserve(): Addresses {
  let refusal: unknown;
  for (const maximum of MAX_PAGES) {
    try {
      const memory = new WebAssembly.Memory({
        initial: GROWTH_PAGES,
        maximum,
        shared: true,
      });
      return { memory, maximum };
    } catch (error) {
      refusal = error;
    }
  }
  throw new DeviceError(
    `Cannot open cpu device as no memory could be reserved: got ${refusal}`,
    { cause: refusal },
  );
}

function align(sizeBytes: number): number {
  return Math.ceil(sizeBytes / ALIGNMENT) * ALIGNMENT;
}
