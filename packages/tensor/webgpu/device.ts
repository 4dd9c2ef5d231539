import type { MatrixUnit } from "@edit-transfer/kernels";
import {
  type Device,
  type DType,
  type HostArray,
  type Kernels,
  type Storage,
  storageBytes,
} from "../backend.ts";
import { DeviceError, OutOfMemoryError } from "../errors.ts";
import { isSoftware } from "./adapter.ts";
import type { GpuContext } from "./context.ts";
import { debugVariable } from "./debug_variable.ts";
import { webGpuKernels } from "./kernels.ts";
import { matrixUnits } from "./matrix_units.ts";
import { easePolling } from "./polling.ts";
import { BufferPool, type GpuStorage, sizeClass } from "./pool.ts";
import { type KernelCall, Recorder } from "./recorder.ts";
import { attachTuner, type Tuner } from "./tuning.ts";

export { findGpu, type FindGpuOptions } from "./adapter.ts";

/** Options of {@linkcode openWebGpuDevice}. */
export interface OpenWebGpuDeviceOptions {
  /**
   * Bytes that one binding may span, to test the splitting of large tensors.
   *
   * @default {the most that the adapter allows}
   */
  maxBindingBytes?: number;
  /**
   * Operations in one dispatch above which it is split.
   *
   * @default {4e9 on software adapters, else 1e12}
   */
  maxWork?: number;
  /**
   * Bytes that buffers should not exceed as long as idle ones can be given up.
   *
   * @default {none}
   */
  maxBytes?: number | undefined;
  /**
   * Picks the kernels made for hardware, to test them on a software adapter.
   *
   * @default {false}
   */
  hardware?: boolean;
  /**
   * What the factors of matrix products may be rounded to where the weight has
   * 16 bits, or fewer, anyway. `"f16"` makes use of matrix units; sums are f32 always.
   *
   * @default {"f16"}
   */
  precision?: "f32" | "f16";
  /**
   * Whether to use the variants that were measured fastest on this adapter.
   *
   * @default {true}
   */
  tuned?: boolean;
}

const UPLOAD_CHUNK = 4 * 2 ** 20; // larger ones get staging memory of their own
const MAX_IDLE_BYTES = { software: 2 ** 27, hardware: 2 ** 30 };
const MAX_DOOMED_BYTES = 64 * 2 ** 20;

/**
 * Opens a device on an adapter, with all the limits and the features of it
 * that the kernels can use.
 *
 * @param adapter Adapter, see `findGpu`.
 * @param options See {@linkcode OpenWebGpuDeviceOptions}.
 * @returns The device, owned by the caller, who calls `destroy()`.
 *
 * @throws {DeviceError} If the adapter gives no device.
 */
export async function openWebGpuDevice(
  adapter: GPUAdapter,
  options: OpenWebGpuDeviceOptions = {},
): Promise<WebGpuDevice> {
  const wanted = [
    "shader-f16",
    "subgroups",
    "subgroup-size-control",
    "chromium-experimental-subgroup-matrix",
    "timestamp-query",
  ] as GPUFeatureName[];
  const limit = adapter.limits;
  const restore = isSoftware(adapter) ? easePolling() : () => {};
  try {
    const gpu = await adapter.requestDevice({
      label: "edit-transfer",
      requiredFeatures: wanted.filter((name) => adapter.features.has(name)),
      requiredLimits: {
        maxBufferSize: limit.maxBufferSize,
        maxStorageBufferBindingSize: limit.maxStorageBufferBindingSize,
        maxComputeWorkgroupStorageSize: limit.maxComputeWorkgroupStorageSize,
        maxComputeInvocationsPerWorkgroup:
          limit.maxComputeInvocationsPerWorkgroup,
        maxComputeWorkgroupSizeX: limit.maxComputeWorkgroupSizeX,
        maxComputeWorkgroupSizeY: limit.maxComputeWorkgroupSizeY,
      },
    });
    const device = new WebGpuDevice(adapter, gpu, { ...options, restore });
    if (options.tuned !== false) await attachTuner(device, adapter);
    return device;
  } catch (error) {
    restore();
    if (error instanceof DeviceError) throw error;
    throw new DeviceError(
      `Cannot open the adapter ${adapter.info.description} as it refused: got ${error}`,
    );
  }
}

/** A WebGPU device: see {@linkcode Device}. */
export class WebGpuDevice implements Device, GpuContext {
  readonly kind = "webgpu" as const;
  readonly name: string;
  readonly kernels: Kernels;
  readonly maxBindingBytes: number;
  readonly maxWork: number;
  readonly software: boolean;
  readonly subgroupSize: number;
  readonly matrixUnits: readonly MatrixUnit[];
  readonly matrixLanes: number;
  readonly workgroupBytes: number;
  readonly precision: "f32" | "f16";
  readonly forcedGemm: string | undefined;
  readonly forcedAttention: string | undefined;
  /** Set to the name of the fastest variant of each bucket, as measured. */
  tuned: GpuContext["tuned"];
  /** Measures variants for the shapes that were met; see {@linkcode tune}. */
  tuner: Tuner | undefined;
  readonly empty: GpuStorage;
  /** The device of the WebGPU implementation. */
  readonly gpu: GPUDevice;
  readonly memory = {
    tensors: 0,
    bytes: 0,
    peakBytes: 0,
    heldBytes: 0,
    peakHeldBytes: 0,
  };
  readonly #maxBytes: number;
  readonly #pool: BufferPool;
  readonly #recorder: Recorder;
  readonly #restore: () => void;
  readonly #pending: Promise<void>[] = [];
  #doomed: GpuStorage[] = [];
  #doomedBytes = 0;
  #failure: Error | undefined;
  #destroyed = false;

  constructor(
    adapter: GPUAdapter,
    gpu: GPUDevice,
    options: OpenWebGpuDeviceOptions & { restore: () => void },
  ) {
    const { info } = adapter;
    this.gpu = gpu;
    this.name = `webgpu (${info.description || info.vendor || "unknown"})`;
    const { hardware = false } = options;
    this.software = isSoftware(adapter) && !hardware;
    const { subgroupMinSize = 0, subgroupMaxSize = -1 } = info as {
      subgroupMinSize?: number;
      subgroupMaxSize?: number;
    };
    const subgroups = gpu.features.has("subgroups" as GPUFeatureName) &&
      subgroupMinSize === subgroupMaxSize;
    this.subgroupSize = subgroups && !hardware ? subgroupMaxSize : 0;
    const { units, lanes } = matrixUnits(adapter, gpu.features);
    this.matrixUnits = units;
    this.matrixLanes = lanes;
    this.workgroupBytes = gpu.limits.maxComputeWorkgroupStorageSize;
    this.precision = options.precision ?? "f16";
    this.forcedGemm = debugVariable("EDIT_TRANSFER_GEMM");
    this.forcedAttention = debugVariable("EDIT_TRANSFER_ATTENTION");
    this.maxBindingBytes = Math.floor(
      (options.maxBindingBytes ?? gpu.limits.maxStorageBufferBindingSize) / 256,
    ) * 256;
    this.#maxBytes = options.maxBytes ?? Infinity;
    this.maxWork = options.maxWork ?? (this.software ? 4e9 : 1e12);
    this.#restore = options.restore;
    this.#pool = new BufferPool(gpu, {
      maxIdleBytes: MAX_IDLE_BYTES[this.software ? "software" : "hardware"],
    });
    gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#fail((event as GPUUncapturedErrorEvent).error.message);
    });
    gpu.lost.then(({ reason, message }) => {
      if (this.#destroyed) return;
      this.#fail(`the device was lost (${reason}): ${message}`);
    });
    gpu.pushErrorScope("validation");
    this.#recorder = new Recorder(gpu, {
      maxWork: this.maxWork,
      onSubmit: () => this.#destroyDoomed(),
    });
    this.empty = this.#pool.create(256);
    this.kernels = webGpuKernels(this);
  }

  run(call: KernelCall): void {
    this.#recorder.run(call);
  }

  /** Asked before each dispatch where its begin and end are to be noted. */
  set timestamps(ask: Recorder["timestamps"]) {
    this.#recorder.timestamps = ask;
  }

  async tune<T>(body: () => T, discard: (result: T) => void): Promise<T> {
    if (this.tuner === undefined) return body();
    const result = this.tuner.note(body);
    if (!await this.tuner.measure()) return result;
    discard(result);
    return body();
  }

  allocate(dtype: DType, length: number): GpuStorage {
    const sizeBytes = storageBytes(dtype, length);
    this.#check();
    let storage = this.#pool.reuse(sizeBytes);
    if (storage === undefined) {
      if (sizeBytes > this.gpu.limits.maxBufferSize) {
        throw new OutOfMemoryError(sizeBytes, this.memory.bytes, this.name);
      }
      const capacity = sizeClass(sizeBytes);
      if (this.memory.heldBytes + capacity > this.#maxBytes) this.#giveUpIdle();
      this.gpu.pushErrorScope("out-of-memory");
      storage = this.#pool.create(sizeBytes);
      this.#noteHeld();
      const used = this.memory.bytes;
      this.#pending.push(
        this.gpu.popErrorScope().then((error) => {
          if (error === null) return;
          this.#failure ??= new OutOfMemoryError(sizeBytes, used, this.name);
        }, () => {}),
      );
    }
    const memory = this.memory;
    memory.tensors++;
    memory.bytes += sizeBytes;
    memory.peakBytes = Math.max(memory.peakBytes, memory.bytes);
    return storage;
  }

  release(storage: Storage): void {
    const gpuStorage = storage as GpuStorage;
    if (this.#destroyed || !gpuStorage.live) return;
    this.memory.tensors--;
    this.memory.bytes -= storage.sizeBytes;
    this.#doom(this.#pool.put(gpuStorage));
    if (this.#doomedBytes > MAX_DOOMED_BYTES) this.#destroyNow();
  }

  upload(storage: Storage, values: HostArray, start = 0): void {
    this.#check();
    const { buffer, lastBatch } = storage as GpuStorage;
    // writes overtake what is only recorded, which may still read the buffer
    if (lastBatch === this.#recorder.batch) this.#recorder.flush();
    const bytes = new Uint8Array(
      values.buffer,
      values.byteOffset,
      values.byteLength,
    );
    const whole = bytes.length - bytes.length % 4;
    const first = start * values.BYTES_PER_ELEMENT;
    for (let at = 0; at < whole; at += UPLOAD_CHUNK) {
      const size = Math.min(UPLOAD_CHUNK, whole - at);
      this.gpu.queue.writeBuffer(
        buffer,
        first + at,
        bytes.buffer as ArrayBuffer,
        bytes.byteOffset + at,
        size,
      );
    }
    if (whole < bytes.length) {
      const tail = new Uint8Array(4);
      tail.set(bytes.subarray(whole));
      this.gpu.queue.writeBuffer(buffer, first + whole, tail);
    }
  }

  async download(
    storage: Storage,
    dtype: DType,
    length: number,
  ): Promise<HostArray> {
    this.#check();
    const sizeBytes = storageBytes(dtype, length);
    const size = Math.ceil(sizeBytes / 4) * 4;
    const staging = this.gpu.createBuffer({ size, usage: 0x1 | 0x8 }); // map to read, copy destination
    this.#recorder.copy(storage as GpuStorage, staging, size);
    this.#recorder.flush();
    let bytes: ArrayBuffer;
    try {
      const mapped = staging.mapAsync(0x1).then(() => undefined, (e) => e);
      await this.#settle();
      const refused: unknown = await mapped;
      if (refused !== undefined) {
        this.#fail(String(refused));
        this.#check();
      }
      bytes = staging.getMappedRange().slice(0, sizeBytes);
      staging.unmap();
    } finally {
      staging.destroy();
    }
    switch (dtype) {
      case "f32":
        return new Float32Array(bytes);
      case "i32":
        return new Int32Array(bytes);
      case "f16":
      case "bf16":
        return new Uint16Array(bytes);
      default:
        return new Uint8Array(bytes);
    }
  }

  async sync(): Promise<void> {
    this.#check();
    this.#recorder.flush();
    // both at once, as each wait takes turns of the polling
    const done = this.gpu.queue.onSubmittedWorkDone().catch(() => {});
    await this.#settle();
    await done;
    this.#check();
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#pool.destroy();
    this.#recorder.destroy();
    for (const { buffer } of this.#doomed) buffer.destroy();
    this.#doomed = [];
    this.gpu.queue.submit([]);
    this.gpu.destroy();
    Object.assign(this.memory, { tensors: 0, bytes: 0, heldBytes: 0 });
    this.#restore();
  }

  /** Waits for the verdicts on everything so far. */
  async #settle(): Promise<void> {
    const scope = this.gpu.popErrorScope();
    this.gpu.pushErrorScope("validation");
    const error = await scope.catch(() => null);
    if (error !== null) this.#fail(error.message);
    await Promise.all(this.#pending.splice(0));
    this.#check();
  }

  #fail(message: string): void {
    this.#failure ??= new DeviceError(
      `Cannot go on with ${this.name} as it refused work: got ${message.trim()}`,
    );
  }

  #check(): void {
    if (this.#destroyed) {
      throw new DeviceError(`Cannot use ${this.name} as it was destroyed`);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Frees what no tensor owns, to make room. */
  #giveUpIdle(): void {
    this.#doom(this.#pool.drain());
    this.#destroyNow();
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
    this.gpu.queue.submit([]); // memory is freed by the submit after destroy
  }

  #noteHeld(): void {
    const { memory } = this;
    memory.heldBytes = this.#pool.heldBytes + this.#doomedBytes;
    memory.peakHeldBytes = Math.max(memory.peakHeldBytes, memory.heldBytes);
  }

  #destroyDoomed(): void {
    if (this.#doomed.length === 0) return;
    this.#recorder.forgetBindGroups();
    for (const { buffer } of this.#doomed) buffer.destroy();
    this.#doomed = [];
    this.#doomedBytes = 0;
    this.#noteHeld();
  }
}
