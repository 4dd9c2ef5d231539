import type { Device } from "../backend.ts";
import type { Storage } from "../device_array.ts";
import { type DType, storageBytes } from "../dtype.ts";
import { DeviceError } from "../errors.ts";
import { type HostArray, hostArray } from "../host_array.ts";
import { type Kernels, kernelsOf } from "../kernels.ts";
import { isSoftware, subgroupSize } from "./adapter.ts";
import type { GpuContext } from "./context.ts";
import { f16Fault } from "./f16_trial.ts";
import { envVariable } from "@edit-transfer/files";
import { type MatrixUnit, matrixUnits } from "./matrix_units.ts";
import { GpuMemory } from "./memory.ts";
import { easePolling } from "./polling.ts";
import type { GpuStorage } from "./pool.ts";
import { type KernelCall, Recorder } from "./recorder.ts";
import type { TunedKernels } from "./tuning_cache.ts";
import { ErrorQueue } from "./error_queue.ts";
import { writeBuffer } from "./write_buffer.ts";

/** Options of {@linkcode openUntunedDevice}. */
export interface WebGpuDeviceOptions {
  /**
   * WebGPU implementation that the adapter is of, as of `findGpu`.
   *
   * @default {Dawn, whose f16 is tried first on cards of NVIDIA}
   */
  readonly gpu?: GPU | undefined;
  /**
   * Bytes that one binding may span, to test the splitting of large tensors.
   *
   * @default {the most that the adapter allows}
   */
  readonly maxBindingBytes?: number | undefined;
  /**
   * Operations in one dispatch above which it is split.
   *
   * @default {4e9 on software adapters, else 1e12}
   */
  readonly maxWork?: number | undefined;
  /**
   * Bytes that buffers should not exceed as long as idle ones can be given up.
   *
   * @default {none}
   */
  readonly maxBytes?: number | undefined;
  /**
   * Picks the kernels made for hardware, to test them on a software adapter.
   *
   * @default {false}
   */
  readonly hardware?: boolean | undefined;
  /**
   * What the factors of matrix products may be rounded to where the weight has
   * 16 bits, or fewer, anyway. `"f16"` makes use of matrix units; sums are f32 always.
   *
   * @default {"f16"}
   */
  readonly precision?: "f32" | "f16" | undefined;
}

const MAX_IDLE_BYTES = { software: 2 ** 27, hardware: 2 ** 30 };

/**
 * Opens a device on an adapter, with all the limits and the features of it
 * that the kernels can use.
 *
 * @param adapter Adapter, see `findGpu`.
 * @param options See {@linkcode WebGpuDeviceOptions}.
 * @returns The device, owned by the caller, who disposes of it.
 *
 * @throws {DeviceError} If the adapter gives no device.
 */
export async function openUntunedDevice(
  adapter: GPUAdapter,
  options: WebGpuDeviceOptions = {},
): Promise<WebGpuDevice> {
  const wanted = [
    "shader-f16",
    "subgroups",
    "subgroup-size-control",
    "chromium-experimental-subgroup-matrix",
    "timestamp-query",
  ] as GPUFeatureName[];
  const fault = options.gpu === undefined ? await f16Fault(adapter) : undefined;
  const has = (name: GPUFeatureName) =>
    adapter.features.has(name) &&
    (name !== "shader-f16" || fault === undefined);
  const limit = adapter.limits;
  const restore = isSoftware(adapter) ? easePolling() : () => {};
  try {
    const gpu = await adapter.requestDevice({
      label: "edit-transfer",
      requiredFeatures: wanted.filter(has),
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
    return new WebGpuDevice(adapter, gpu, {
      ...options,
      restore,
      notices: fault === undefined ? [] : [fault],
    });
  } catch (error) {
    restore();
    throw new DeviceError(
      `Cannot open the adapter ${adapter.info.description} as it refused: got ${error}`,
    );
  }
}

/** What measures the variants for the shapes of some work. */
export interface KernelTuner {
  /** What was measured, by bucket. */
  readonly kernels: TunedKernels;
  /** Runs work and notes the shapes in it that are not known. */
  note<T>(body: () => T): T;
  /** Measures the shapes that were noted; says whether there were any. */
  measure(): Promise<boolean>;
}

/** A WebGPU device: see {@linkcode Device}. */
export class WebGpuDevice implements Device, GpuContext {
  readonly kind = "webgpu" as const;
  readonly name: string;
  readonly notices: readonly string[];
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
  tuner: KernelTuner | undefined;
  readonly empty: GpuStorage;
  /** The device of the WebGPU implementation. */
  readonly gpu: GPUDevice;
  readonly #memory: GpuMemory;
  readonly #recorder: Recorder;
  readonly #errors: ErrorQueue;
  readonly #restore: () => void;
  #destroyed = false;

  constructor(
    adapter: GPUAdapter,
    gpu: GPUDevice,
    options: WebGpuDeviceOptions & {
      readonly restore: () => void;
      readonly notices: readonly string[];
    },
  ) {
    const { info } = adapter;
    this.gpu = gpu;
    this.name = `webgpu (${info.description || info.vendor || "unknown"})`;
    this.notices = options.notices;
    const { hardware = false } = options;
    this.software = isSoftware(adapter) && !hardware;
    this.subgroupSize = hardware ? 0 : subgroupSize(info, gpu.features);
    const { units, lanes } = matrixUnits(adapter, gpu.features);
    this.matrixUnits = units;
    this.matrixLanes = lanes;
    this.workgroupBytes = gpu.limits.maxComputeWorkgroupStorageSize;
    this.precision = options.precision ?? "f16";
    this.forcedGemm = envVariable("EDIT_TRANSFER_GEMM");
    this.forcedAttention = envVariable("EDIT_TRANSFER_ATTENTION");
    this.maxBindingBytes = Math.floor(
      (options.maxBindingBytes ?? gpu.limits.maxStorageBufferBindingSize) / 256,
    ) * 256;
    this.maxWork = options.maxWork ?? (this.software ? 4e9 : 1e12);
    this.#restore = options.restore;
    this.#errors = new ErrorQueue(gpu, this.name);
    this.#recorder = new Recorder(gpu, {
      maxWork: this.maxWork,
      onSubmit: () => this.#memory.submitted(),
    });
    this.#memory = new GpuMemory(gpu, {
      name: this.name,
      maxBytes: options.maxBytes ?? Infinity,
      maxIdleBytes: MAX_IDLE_BYTES[this.software ? "software" : "hardware"],
      errors: this.#errors,
      recorder: this.#recorder,
    });
    this.empty = this.#memory.empty;
    this.kernels = kernelsOf((op) => op.webgpu(this));
  }

  get memory(): GpuMemory["figures"] {
    return this.#memory.figures;
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
    this.#errors.check();
    return this.#memory.allocate(storageBytes(dtype, length));
  }

  release(storage: Storage): void {
    if (!this.#destroyed) this.#memory.release(storage as GpuStorage);
  }

  upload(storage: Storage, values: HostArray, start = 0): void {
    this.#errors.check();
    const { buffer, lastBatch } = storage as GpuStorage;
    // writes overtake what is only recorded, which may still read the buffer
    if (lastBatch === this.#recorder.batch) this.#recorder.flush();
    writeBuffer(this.gpu, buffer, values, start * values.BYTES_PER_ELEMENT);
  }

  async download(
    storage: Storage,
    dtype: DType,
    length: number,
  ): Promise<HostArray> {
    this.#errors.check();
    const sizeBytes = storageBytes(dtype, length);
    const size = Math.ceil(sizeBytes / 4) * 4;
    const staging = this.gpu.createBuffer({ size, usage: 0x1 | 0x8 }); // map to read, copy destination
    this.#recorder.copy(storage as GpuStorage, staging, size);
    this.#recorder.flush();
    let bytes: ArrayBuffer;
    try {
      const mapped = staging.mapAsync(0x1).then(() => undefined, (e) => e);
      await this.#errors.settle();
      const refused: unknown = await mapped;
      if (refused !== undefined) {
        this.#errors.fail(String(refused));
        this.#errors.check();
      }
      bytes = staging.getMappedRange().slice(0, sizeBytes);
      staging.unmap();
    } finally {
      staging.destroy();
    }
    return hostArray(dtype, bytes);
  }

  async sync(): Promise<void> {
    this.#errors.check();
    this.#recorder.flush();
    // both at once, as each wait takes turns of the polling
    const done = this.gpu.queue.onSubmittedWorkDone().catch(() => {});
    await this.#errors.settle();
    await done;
    this.#errors.check();
  }

  destroy(): void {
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#errors.close();
    this.#memory.destroy();
    this.#recorder.destroy();
    this.gpu.queue.submit([]);
    this.gpu.destroy();
    this.#restore();
  }
}
