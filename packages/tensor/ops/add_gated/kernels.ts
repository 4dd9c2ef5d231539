import type { DeviceArray } from "../../device_array.ts";

/** `out = x + gate y`; x, y `[B, L, C]`, gate `[B, C]`. */
export type AddGatedKernel = (
  out: DeviceArray,
  x: DeviceArray,
  gate: DeviceArray,
  y: DeviceArray,
) => void;
