import type { DeviceArray } from "../../device_array.ts";

/** Joins tensors along `axis`. */
export type ConcatKernel = (
  out: DeviceArray,
  parts: readonly DeviceArray[],
  axis: number,
) => void;
