import {
  type Device,
  type DType,
  DTYPE_BYTES,
  type HostArray,
  type Kernels,
  type Storage,
} from "../backend.ts";
import { DeviceError } from "../errors.ts";
import { Heap } from "./heap.ts";
import { cpuKernels } from "./kernels.ts";
import { CpuStorage } from "./storage.ts";

/** Options of {@linkcode openCpuDevice}. */
export interface CpuDeviceOptions {
  /** Threads, the calling one included. */
  threads?: number;
}

/** Opens the cpu backend. */
export function openCpuDevice(
  options: CpuDeviceOptions = {},
): Promise<Device> {
  const { threads = Math.min(navigator.hardwareConcurrency, 8) } = options;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(
      `Cannot open cpu device as threads must be an integer >= 1: got ${threads}`,
    );
  }
  return Promise.resolve(new CpuDevice(threads));
}

/** Runs operations at once, on memory that WASM and threads share. */
class CpuDevice implements Device {
  readonly kind = "cpu";
  readonly name: string;
  readonly kernels: Kernels;
  readonly #heap: Heap;
  #tensors = 0;
  #destroyed = false;

  constructor(threads: number) {
    this.name = `cpu (${threads} thread${threads === 1 ? "" : "s"})`;
    this.#heap = new Heap(this.name, 0);
    this.kernels = cpuKernels();
  }

  get memory(): Device["memory"] {
    const { bytes, peakBytes } = this.#heap;
    return { tensors: this.#tensors, bytes, peakBytes };
  }

  allocate(dtype: DType, length: number): Storage {
    this.#requireAlive();
    const sizeBytes = length * DTYPE_BYTES[dtype];
    const offset = this.#heap.allocate(sizeBytes);
    this.#tensors++;
    return new CpuStorage(this.#heap.memory.buffer, offset, sizeBytes);
  }

  release(storage: Storage): void {
    const { offset, sizeBytes } = storage as CpuStorage;
    this.#heap.release(offset, sizeBytes);
    this.#tensors--;
  }

  upload(storage: Storage, values: HostArray): void {
    this.#requireAlive();
    const { f32, i32, u16 } = storage as CpuStorage;
    if (values instanceof Float32Array) f32.set(values);
    else if (values instanceof Int32Array) i32.set(values);
    else u16.set(values);
  }

  download(
    storage: Storage,
    dtype: DType,
    length: number,
  ): Promise<HostArray> {
    this.#requireAlive();
    const { f32, i32, u16 } = storage as CpuStorage;
    const view = dtype === "f32" ? f32 : dtype === "i32" ? i32 : u16;
    return Promise.resolve(view.slice(0, length));
  }

  sync(): Promise<void> {
    this.#requireAlive();
    return Promise.resolve();
  }

  destroy(): void {
    this.#destroyed = true;
  }

  #requireAlive(): void {
    if (this.#destroyed) {
      throw new DeviceError(`Cannot use ${this.name} as it was destroyed`);
    }
  }
}
