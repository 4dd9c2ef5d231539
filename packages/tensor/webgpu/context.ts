import type { DType } from "../backend.ts";
import type { GemmCapabilities } from "./gemm_variants.ts";
import type { GpuStorage } from "./pool.ts";
import type { KernelCall } from "./recorder.ts";
import type { TunedShape } from "./tuning_shape.ts";

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
