import type { DType } from "./dtype.ts";

/** Memory of one or more tensors on a device; only its backend looks inside. */
export interface Storage {
  /** Bytes held. */
  readonly sizeBytes: number;
}

/** What kernels see of a tensor: dense row-major elements in memory of a device. */
export interface DeviceArray {
  /** Extent of each axis, outermost first. */
  readonly shape: readonly number[];
  /** Element type. */
  readonly dtype: DType;
  /** Number of elements. */
  readonly size: number;
  /** Bytes of the elements. */
  readonly sizeBytes: number;
  /** Memory of the values. */
  readonly storage: Storage;
}
