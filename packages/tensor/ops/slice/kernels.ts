import type { DeviceArray } from "../../device_array.ts";

/** Copies the box of `out`'s shape that begins at `starts`. */
export type SliceKernel = (
  out: DeviceArray,
  x: DeviceArray,
  starts: readonly number[],
) => void;
