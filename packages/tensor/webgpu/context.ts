import type { DType } from "../backend.ts";
import type { GpuStorage } from "./pool.ts";
import type { KernelCall } from "./recorder.ts";

/** What the operations of the backend need to know of their device. */
export interface GpuContext {
  /** Bytes that one binding may span. */
  readonly maxBindingBytes: number;
  /** Floating-point operations that one dispatch should not exceed. */
  readonly maxWork: number;
  /** Whether the adapter is a program on the cpu, such as lavapipe. */
  readonly software: boolean;
  /** Lanes of a subgroup if all subgroups have the same, else 0. */
  readonly subgroupSize: number;
  /** Storage of a few zeros, to bind where an operand is absent. */
  readonly empty: GpuStorage;
  /** Records one dispatch. */
  run(call: KernelCall): void;
  /** Memory for an intermediate result. */
  allocate(dtype: DType, length: number): GpuStorage;
  /** Returns it; dispatches recorded before still read it. */
  release(storage: GpuStorage): void;
}
