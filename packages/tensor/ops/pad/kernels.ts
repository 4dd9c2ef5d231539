import type { DeviceArray } from "../../device_array.ts";

/** Copies x into `out` at `before` and fills the rest with `value`. */
export type PadKernel = (
  out: DeviceArray,
  x: DeviceArray,
  before: readonly number[],
  value: number,
) => void;
