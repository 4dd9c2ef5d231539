import type { DeviceArray } from "../../device_array.ts";

/** Repeats each pixel of x `[B, h, w, C]` to `factor × factor` pixels. */
export type UpsampleNearest2dKernel = (
  out: DeviceArray,
  x: DeviceArray,
  factor: number,
) => void;
