import type { DeviceArray } from "../../device_array.ts";

/** `out = alpha x + beta`. */
export type AffineKernel = (
  out: DeviceArray,
  x: DeviceArray,
  alpha: number,
  beta: number,
) => void;
