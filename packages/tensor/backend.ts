import type { Storage } from "./device_array.ts";
import type { DType } from "./dtype.ts";
import type { HostArray } from "./host_array.ts";
import type { Kernels } from "./kernels.ts";

/** A place where tensors live and operations run. */
export interface Device extends Disposable {
  /** Which backend this is. */
  readonly kind: "cpu" | "webgpu";
  /** Name for people, e.g. `"cpu (2 threads)"` or the adapter's description. */
  readonly name: string;
  /** What its user should know: what of the adapter is not used, and why. */
  readonly notices?: readonly string[] | undefined;
  /**
   * What factors of a product may be rounded to where the weight has 16 bits, or
   * fewer, anyway.
   *
   * @default {"f32"}
   */
  readonly precision?: "f32" | "f16" | undefined;
  /**
   * Operations of the backend.
   *
   * @internal
   */
  readonly kernels: Kernels;
  /** Tensors and bytes alive now, and the most bytes alive so far. */
  readonly memory: {
    readonly tensors: number;
    readonly bytes: number;
    readonly peakBytes: number;
    /** Bytes taken for them from the system, with rounding and what is idle. */
    readonly heldBytes: number;
    readonly peakHeldBytes: number;
  };
  /**
   * Whether the device allocates and computes nothing, so that no weights need
   * to be read; see `dryDevice`.
   */
  readonly dry?: true | undefined;
  /**
   * Allocates memory, not cleared.
   *
   * @throws {OutOfMemoryError} If there is none left.
   */
  allocate(dtype: DType, length: number): Storage;
  /** Returns memory; what is still queued may read it before it is reused. */
  release(storage: Storage): void;
  /**
   * Copies host values to `storage`, from an element on: of their type, and at
   * a multiple of 4 bytes.
   */
  upload(storage: Storage, values: HostArray, start?: number): void;
  /**
   * Copies `length` elements back, after all queued work.
   *
   * @throws {DeviceError} If anything queued so far was invalid or the device was lost.
   */
  download(
    storage: Storage,
    dtype: DType,
    length: number,
  ): Promise<HostArray>;
  /**
   * Waits for all queued work.
   *
   * @throws {DeviceError} If anything queued so far was invalid or the device was lost.
   */
  sync(): Promise<void>;
  /**
   * See `tune`; absent where a device does not choose between kernels.
   *
   * @param body Work to run.
   * @param discard Frees what the first run returned if there is a second one.
   */
  tune?<T>(body: () => T, discard: (result: T) => void): Promise<T>;
  /** Frees everything; the device cannot be used afterwards. */
  [Symbol.dispose](): void;
}
