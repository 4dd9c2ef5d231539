import type { DeviceArray } from "../../device_array.ts";

/** `out[i] = table[indices[i]]`; table `[V, C]`, indices i32. */
export type GatherKernel = (
  out: DeviceArray,
  table: DeviceArray,
  indices: DeviceArray,
) => void;

/** `out[v] = Σ dy[i]` over all i with `indices[i] = v`; out `[V, C]`. */
export type GatherGradientKernel = (
  out: DeviceArray,
  dy: DeviceArray,
  indices: DeviceArray,
) => void;
