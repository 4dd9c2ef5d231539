import type { Storage } from "../device_array.ts";

/** Copy source and destination, storage. */
const USAGE = 0x4 | 0x8 | 0x80;

/** Memory of one tensor: a buffer of at least its size. */
export interface GpuStorage extends Storage {
  /** Number of the buffer, for cache keys. */
  readonly id: number;
  readonly buffer: GPUBuffer;
  /** Bytes of the buffer, a multiple of 256. */
  readonly capacity: number;
  /** Last batch of commands that uses the buffer. */
  lastBatch: number;
  /** Whether it belongs to a tensor now. */
  live: boolean;
}

/** Bytes that a buffer for `sizeBytes` has: at most 1/16 more. */
export function sizeClass(sizeBytes: number): number {
  const step = Math.max(256, 2 ** (Math.floor(Math.log2(sizeBytes || 1)) - 4));
  return Math.max(1, Math.ceil(sizeBytes / step)) * step;
}

/**
 * Buffers that no tensor owns at present, by size.
 *
 * A buffer may be taken again at once: the queue runs in order, so commands
 * recorded before its release have read it before later ones write it.
 */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #idle = new Map<number, GpuStorage[]>();
  readonly #all = new Set<GpuStorage>();
  readonly #maxIdleBytes: number;
  #idleBytes = 0;
  #heldBytes = 0;
  #nextId = 0;

  constructor(device: GPUDevice, { maxIdleBytes }: { maxIdleBytes: number }) {
    this.#device = device;
    this.#maxIdleBytes = maxIdleBytes;
  }

  /** Bytes of all buffers, idle or not. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Takes an idle buffer of the right size. */
  reuse(sizeBytes: number): GpuStorage | undefined {
    const capacity = sizeClass(sizeBytes);
    const storage = this.#idle.get(capacity)?.pop();
    if (storage === undefined) return undefined;
    this.#idleBytes -= capacity;
    const fresh = { ...storage, sizeBytes, live: true };
    this.#all.delete(storage);
    this.#all.add(fresh);
    return fresh;
  }

  /** Makes a buffer. */
  create(sizeBytes: number): GpuStorage {
    const capacity = sizeClass(sizeBytes);
    const buffer = this.#device.createBuffer({ size: capacity, usage: USAGE });
    const id = this.#nextId++;
    const storage: GpuStorage = {
      id,
      buffer,
      capacity,
      sizeBytes,
      lastBatch: -1,
      live: true,
    };
    this.#all.add(storage);
    this.#heldBytes += capacity;
    return storage;
  }

  /**
   * Puts a buffer back.
   *
   * @returns Buffers that are too many: to be destroyed once nothing that is
   * still to be submitted uses them.
   */
  put(storage: GpuStorage): GpuStorage[] {
    storage.live = false;
    const idle = this.#idle.get(storage.capacity);
    if (idle === undefined) this.#idle.set(storage.capacity, [storage]);
    else idle.push(storage);
    this.#idleBytes += storage.capacity;
    return this.#idleBytes > this.#maxIdleBytes ? this.drain() : [];
  }

  /** Gives up all idle buffers. */
  drain(): GpuStorage[] {
    const doomed = [...this.#idle.values()].flat();
    this.#idle.clear();
    this.#heldBytes -= this.#idleBytes;
    this.#idleBytes = 0;
    for (const storage of doomed) this.#all.delete(storage);
    return doomed;
  }

  /** Destroys every buffer. */
  destroy(): void {
    for (const { buffer } of this.#all) buffer.destroy();
    this.#all.clear();
    this.#idle.clear();
  }
}
