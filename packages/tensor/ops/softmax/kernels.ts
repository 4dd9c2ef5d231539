import type { DeviceArray } from "../../device_array.ts";

/** Softmax over the last axis. */
export type SoftmaxKernel = (out: DeviceArray, x: DeviceArray) => void;

/** `out = y (dy - Σ y dy)`, the sum over the last axis, with y the softmax. */
export type SoftmaxGradientKernel = (
  out: DeviceArray,
  y: DeviceArray,
  dy: DeviceArray,
) => void;
