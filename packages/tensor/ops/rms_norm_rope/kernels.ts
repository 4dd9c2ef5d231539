import type { DeviceArray } from "../../device_array.ts";

/**
 * Root mean square norm of x `[B, L, H, D]` over its last axis with weight
 * `[D]`, rotated as `RopeKernel` does by rows `first` to
 * `first + L` of cos and sin, to the same rows of out `[B, H, Lout, D]`.
 */
export type RmsNormRopeKernel = (out: DeviceArray, x: DeviceArray, options: {
  readonly weight: DeviceArray;
  readonly cos: DeviceArray;
  readonly sin: DeviceArray;
  readonly first: number;
  readonly eps: number;
}) => void;
