import type { DeviceArray } from "../../device_array.ts";

/** `out.shape[i] = x.shape[axes[i]]`. */
export type PermuteKernel = (
  out: DeviceArray,
  x: DeviceArray,
  axes: readonly number[],
) => void;
