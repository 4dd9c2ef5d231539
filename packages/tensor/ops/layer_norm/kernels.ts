import type { DeviceArray } from "../../device_array.ts";

/** Layer norm over the last axis `C`; weight and bias `[C]` or absent. */
export type LayerNormKernel = (out: DeviceArray, x: DeviceArray, options: {
  readonly weight: DeviceArray | undefined;
  readonly bias: DeviceArray | undefined;
  readonly eps: number;
}) => void;

/** Gradient of {@linkcode LayerNormKernel} by x. */
export type LayerNormGradientKernel = (
  out: DeviceArray,
  x: DeviceArray,
  dy: DeviceArray,
  options: {
    readonly weight: DeviceArray | undefined;
    readonly eps: number;
  },
) => void;
