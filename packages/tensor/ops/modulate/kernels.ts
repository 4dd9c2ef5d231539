import type { DeviceArray } from "../../device_array.ts";

/** `out = x (1 + scale) + shift`; x `[B, L, C]`, shift and scale `[B, C]`. */
export type ModulateKernel = (
  out: DeviceArray,
  x: DeviceArray,
  shift: DeviceArray,
  scale: DeviceArray,
) => void;
