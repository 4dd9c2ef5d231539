import type { DType } from "../dtype.ts";
import type { MatrixUnit } from "./matrix_units.ts";
import type { GpuStorage } from "./pool.ts";
import type { KernelCall } from "./recorder.ts";
import type { TunedShape } from "./tuned_shape.ts";

/** What a device can do, as far as the choice of a kernel depends on it. */
export interface GemmCapabilities {
  /** Whether the adapter is a program on the cpu. */
  readonly software: boolean;
  /** Lanes of a subgroup if all subgroups have the same, else 0. */
  readonly subgroupSize: number;
  /** Matrix units with sums in f32, empty if there are none. */
  readonly matrixUnits: readonly MatrixUnit[];
  /** Lanes of the subgroups that share a matrix unit. */
  readonly matrixLanes: number;
  /** Bytes of memory that a workgroup shares. */
  readonly workgroupBytes: number;
}

/** What the operations of the backend need to know of their device. */
export interface GpuContext extends GemmCapabilities {
  /** Bytes that one binding may span. */
  readonly maxBindingBytes: number;
  /** Floating-point operations that one dispatch should not exceed. */
  readonly maxWork: number;
  /** What factors may be rounded to where the weight has 16 bits, or fewer, anyway. */
  readonly precision: "f32" | "f16";
  /** Name of the variant for all matrix products that it can run, to debug. */
  readonly forcedGemm?: string | undefined;
  /** Name of the variant for attention where it can run, to debug. */
  readonly forcedAttention?: string | undefined;
  /** Name of the variant that was measured fastest for a bucket of shapes. */
  readonly tuned?:
    | ((
      bucket: string,
      shape: TunedShape,
    ) => string | undefined)
    | undefined;
  /** Storage of a few zeros, to bind where an operand is absent. */
  readonly empty: GpuStorage;
  /** Records one dispatch. */
  run(call: KernelCall): void;
  /** Memory for an intermediate result. */
  allocate(dtype: DType, length: number): GpuStorage;
  /** Returns it; dispatches recorded before still read it. */
  release(storage: GpuStorage): void;
}
