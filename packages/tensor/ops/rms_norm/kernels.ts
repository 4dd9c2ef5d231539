import type { DeviceArray } from "../../device_array.ts";

/** Root mean square norm over the last axis `D`; weight `[D]`. */
export type RmsNormKernel = (
  out: DeviceArray,
  x: DeviceArray,
  weight: DeviceArray,
  eps: number,
) => void;

/** Gradient of {@linkcode RmsNormKernel} by x. */
export type RmsNormGradientKernel = (
  out: DeviceArray,
  x: DeviceArray,
  dy: DeviceArray,
  options: {
    readonly weight: DeviceArray;
    readonly eps: number;
  },
) => void;
