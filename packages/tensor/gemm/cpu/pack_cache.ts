import type { Heap } from "../../cpu/heap.ts";
import type { CpuStorage } from "../../cpu/storage.ts";

/** Bytes of all packed operands that are kept at a time. */
const BUDGET_BYTES = 64 * 2 ** 20;

/**
 * Packed operands that stay until their tensor is disposed, of at most 64 MiB in all:
 * what comes later finds no room.
 */
export class PackCache {
  readonly #heap: Heap;
  #bytes = 0;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  /** Whether there is room for so many bytes. */
  fits(sizeBytes: number): boolean {
    return this.#bytes + sizeBytes <= BUDGET_BYTES;
  }

  /** Memory for a layout of a tensor, that of the packed one so far if it has any. */
  allocate(storage: CpuStorage, key: string, sizeBytes: number): number {
    const kept = storage.packed.get(key);
    if (kept !== undefined) return kept.offset;
    const offset = this.#heap.allocate(sizeBytes);
    this.#bytes += sizeBytes;
    return offset;
  }

  /** Drops the packed forms of values that are no longer there. */
  drop(storage: CpuStorage): void {
    for (const packed of storage.packed.values()) {
      if (packed === undefined) continue;
      this.#heap.release(packed.offset, packed.sizeBytes);
      this.#bytes -= packed.sizeBytes;
    }
    storage.packed.clear();
  }
}
