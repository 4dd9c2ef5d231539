import type { DeviceArray } from "../../device_array.ts";

/**
 * Group norm of x `[B, h, w, C]` over the pixels and the `C / groups`
 * channels of each group, then SiLU if `silu`; weight and bias `[C]`.
 */
export type GroupNormKernel = (out: DeviceArray, x: DeviceArray, options: {
  readonly weight: DeviceArray;
  readonly bias: DeviceArray;
  readonly groups: number;
  readonly eps: number;
  readonly silu: boolean;
}) => void;
