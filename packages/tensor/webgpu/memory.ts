import { OutOfMemoryError } from "../errors.ts";
import { BufferPool, type GpuStorage, sizeClass } from "./pool.ts";
import type { Recorder } from "./recorder.ts";
import type { ErrorQueue } from "./error_queue.ts";

const MAX_DOOMED_BYTES = 64 * 2 ** 20;

/** Options of {@linkcode GpuMemory}. */
export interface GpuMemoryOptions {
  /** Name of the device, for messages. */
  readonly name: string;
  /** Bytes above which idle buffers are given up before more are taken. */
  readonly maxBytes: number;
  /** Bytes of idle buffers that are kept. */
  readonly maxIdleBytes: number;
}

/** Memory of a device: its figures, and when buffers are made and destroyed. */
export class GpuMemory {
  /** See `Device.memory`. */
  readonly figures = {
    tensors: 0,
    bytes: 0,
    peakBytes: 0,
    heldBytes: 0,
    peakHeldBytes: 0,
  };
  /** Storage of a few zeros. */
  readonly empty: GpuStorage;
  readonly #gpu: GPUDevice;
  readonly #errors: ErrorQueue;
  readonly #recorder: Recorder;
  readonly #options: GpuMemoryOptions;
  readonly #pool: BufferPool;
  #doomed: GpuStorage[] = [];
  #doomedBytes = 0;

  constructor(
    gpu: GPUDevice,
    { errors, recorder, ...options }: GpuMemoryOptions & {
      readonly errors: ErrorQueue;
      /** Tells after each submit, by {@linkcode GpuMemory.submitted}. */
      readonly recorder: Recorder;
    },
  ) {
    this.#gpu = gpu;
    this.#errors = errors;
    this.#recorder = recorder;
    this.#options = options;
    this.#pool = new BufferPool(gpu, options);
    this.empty = this.#pool.create(256);
  }

  /** Memory for a tensor, not cleared. */
  allocate(sizeBytes: number): GpuStorage {
    const storage = this.#pool.reuse(sizeBytes) ?? this.#create(sizeBytes);
    const { figures } = this;
    figures.tensors++;
    figures.bytes += sizeBytes;
    figures.peakBytes = Math.max(figures.peakBytes, figures.bytes);
    return storage;
  }

  /** Returns it, once. */
  release(storage: GpuStorage): void {
    if (!storage.live) return;
    this.figures.tensors--;
    this.figures.bytes -= storage.sizeBytes;
    this.#doom(this.#pool.put(storage));
    if (this.#doomedBytes > MAX_DOOMED_BYTES) this.#destroyNow();
  }

  /** Destroys the buffers that no submit to come uses. */
  submitted(): void {
    if (this.#doomed.length === 0) return;
    this.#recorder.forgetBindGroups();
    for (const { buffer } of this.#doomed) buffer.destroy();
    this.#doomed = [];
    this.#doomedBytes = 0;
    this.#noteHeld();
  }

  /** Destroys every buffer. */
  destroy(): void {
    this.#pool.destroy();
    for (const { buffer } of this.#doomed) buffer.destroy();
    this.#doomed = [];
    Object.assign(this.figures, { tensors: 0, bytes: 0, heldBytes: 0 });
  }

  #create(sizeBytes: number): GpuStorage {
    const { name, maxBytes } = this.#options;
    const { heldBytes, bytes: usedBytes } = this.figures;
    if (sizeBytes > this.#gpu.limits.maxBufferSize) {
      throw new OutOfMemoryError(sizeBytes, usedBytes, name);
    }
    if (heldBytes + sizeClass(sizeBytes) > maxBytes) {
      this.#doom(this.#pool.drain());
      this.#destroyNow();
    }
    const storage = this.#errors.allocating(
      { sizeBytes, usedBytes },
      () => this.#pool.create(sizeBytes),
    );
    this.#noteHeld();
    return storage;
  }

  /** Leaves buffers to be destroyed by the next submit, which may use them. */
  #doom(storages: readonly GpuStorage[]): void {
    for (const storage of storages) {
      this.#doomed.push(storage);
      this.#doomedBytes += storage.capacity;
    }
  }

  #destroyNow(): void {
    if (this.#doomedBytes === 0) return;
    this.#recorder.flush();
    this.#gpu.queue.submit([]); // memory is freed by the submit after destroy
  }

  #noteHeld(): void {
    const { figures } = this;
    figures.heldBytes = this.#pool.heldBytes + this.#doomedBytes;
    figures.peakHeldBytes = Math.max(figures.peakHeldBytes, figures.heldBytes);
  }
}
