import type { Heap } from "../../cpu/heap.ts";
import type { CpuStorage } from "../../cpu/storage.ts";

/** Bytes of all panels that are kept at a time. */
const BUDGET_BYTES = 64 * 2 ** 20;

/**
 * Panels that stay until their tensor is disposed, of at most 64 MiB in all:
 * what comes later finds no room.
 */
export class KeptPanels {
  readonly #heap: Heap;
  #bytes = 0;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  /** Whether there is room for so many bytes. */
  fits(sizeBytes: number): boolean {
    return this.#bytes + sizeBytes <= BUDGET_BYTES;
  }

  /** Memory for a layout of a tensor, that of its panels so far if it has any. */
  allocate(storage: CpuStorage, key: string, sizeBytes: number): number {
    const kept = storage.panels.get(key);
    if (kept !== undefined) return kept.offset;
    const offset = this.#heap.allocate(sizeBytes);
    this.#bytes += sizeBytes;
    return offset;
  }

  /** Drops the panels of values that are no longer there. */
  drop(storage: CpuStorage): void {
    for (const panels of storage.panels.values()) {
      if (panels === undefined) continue;
      this.#heap.release(panels.offset, panels.sizeBytes);
      this.#bytes -= panels.sizeBytes;
    }
    storage.panels.clear();
  }
}
