import type { Device } from "../backend.ts";
import type { Storage } from "../device_array.ts";
import { type DType, isQuantized, storageBytes } from "../dtype.ts";
import { DeviceError } from "../errors.ts";
import { PackCache } from "../gemm/cpu/pack_cache.ts";
import type { HostArray } from "../host_array.ts";
import { type Kernels, kernelsOf } from "../kernels.ts";
import type { Cpu } from "./cpu.ts";
import { Heap } from "./heap.ts";
import { Jobs } from "./jobs.ts";
import { compilePrograms, instantiatePrograms } from "./programs.ts";
import { CpuStorage } from "./storage.ts";
import { CONTROL, SPILL_BYTES } from "./wasm/control.ts";

/** Options of {@linkcode openCpuDevice}. */
export interface CpuDeviceOptions {
  /** Threads, the calling one included. */
  readonly threads?: number | undefined;
}

/** Opens the cpu backend. */
export async function openCpuDevice(
  options: CpuDeviceOptions = {},
): Promise<Device> {
  const { name, threads } = cpuName(options);
  const heap = new Heap(name, CONTROL.spill + threads * SPILL_BYTES);
  const module = await compilePrograms();
  const programs = await instantiatePrograms(module, heap.memory);
  const jobs = new Jobs(threads, programs, module, heap.memory);
  return new CpuDevice(name, {
    heap,
    packCache: new PackCache(heap),
    programs,
    jobs,
  });
}

/** Name of the device, and how many threads it has. */
export function cpuName(
  { threads = Math.min(navigator.hardwareConcurrency, 8) }: CpuDeviceOptions,
): { name: string; threads: number } {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(
      `Cannot open cpu device as threads must be an integer >= 1: got ${threads}`,
    );
  }
  return {
    name: `cpu (${threads} thread${threads === 1 ? "" : "s"})`,
    threads,
  };
}

/** Runs operations at once, on memory that WASM and threads share. */
export class CpuDevice implements Device {
  readonly kind = "cpu";
  readonly name: string;
  readonly kernels: Kernels;
  readonly #heap: Heap;
  readonly #packCache: PackCache;
  readonly #jobs: Jobs;
  #tensors = 0;
  #destroyed = false;

  constructor(name: string, cpu: Cpu) {
    this.name = name;
    this.kernels = kernelsOf((op) => op.cpu(cpu));
    this.#heap = cpu.heap;
    this.#packCache = cpu.packCache;
    this.#jobs = cpu.jobs;
  }

  get memory(): Device["memory"] {
    const { bytes, peakBytes, memory: { buffer: { byteLength } } } = this.#heap;
    return {
      tensors: this.#tensors,
      bytes,
      peakBytes,
      heldBytes: byteLength, // it never shrinks
      peakHeldBytes: byteLength,
    };
  }

  allocate(dtype: DType, length: number): Storage {
    this.#requireAlive();
    const sizeBytes = storageBytes(dtype, length);
    const offset = this.#heap.allocate(sizeBytes);
    this.#tensors++;
    return new CpuStorage(this.#heap.memory.buffer, offset, sizeBytes);
  }

  release(storage: Storage): void {
    const { offset, sizeBytes } = storage as CpuStorage;
    this.#packCache.drop(storage as CpuStorage);
    this.#heap.release(offset, sizeBytes);
    this.#tensors--;
  }

  upload(storage: Storage, values: HostArray, start = 0): void {
    this.#requireAlive();
    this.#packCache.drop(storage as CpuStorage);
    const { f32, i32, u16, u8 } = storage as CpuStorage;
    if (values instanceof Float32Array) f32.set(values, start);
    else if (values instanceof Int32Array) i32.set(values, start);
    else if (values instanceof Uint16Array) u16.set(values, start);
    else u8.set(values, start);
  }

  download(
    storage: Storage,
    dtype: DType,
    length: number,
  ): Promise<HostArray> {
    this.#requireAlive();
    const { f32, i32, u16, u8 } = storage as CpuStorage;
    if (isQuantized(dtype)) {
      return Promise.resolve(u8.slice(0, storageBytes(dtype, length)));
    }
    const view = dtype === "f32" ? f32 : dtype === "i32" ? i32 : u16;
    return Promise.resolve(view.slice(0, length));
  }

  sync(): Promise<void> {
    this.#requireAlive();
    return Promise.resolve();
  }

  [Symbol.dispose](): void {
    this.#destroyed = true;
    this.#jobs.stop();
  }

  #requireAlive(): void {
    if (this.#destroyed) {
      throw new DeviceError(`Cannot use ${this.name} as it was destroyed`);
    }
  }
}
