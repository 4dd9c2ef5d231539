import type { DeviceArray } from "../../device_array.ts";

/** Sums x `[outer, n, inner]` over its middle axis, to `[outer, inner]`. */
export type SumKernel = (out: DeviceArray, x: DeviceArray, options: {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
}) => void;
