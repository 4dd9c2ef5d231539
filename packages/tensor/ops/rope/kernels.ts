import type { DeviceArray } from "../../device_array.ts";

/**
 * Rotates the pairs `(x[2i], x[2i + 1])` of the last axis of x
 * `[B, H, L, D]` by the angles whose cos and sin are `[L, D / 2]`.
 */
export type RopeKernel = (
  out: DeviceArray,
  x: DeviceArray,
  cos: DeviceArray,
  sin: DeviceArray,
) => void;
