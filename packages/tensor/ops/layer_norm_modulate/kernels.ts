import type { DeviceArray } from "../../device_array.ts";

/**
 * Layer norm of x `[B, L, C]` over its last axis, then `(1 + scale)` times
 * that, plus `shift`; shift and scale `[B, C]`.
 */
export type LayerNormModulateKernel = (
  out: DeviceArray,
  x: DeviceArray,
  options: {
    readonly shift: DeviceArray;
    readonly scale: DeviceArray;
    readonly eps: number;
  },
) => void;
