import type { DeviceArray } from "../../device_array.ts";

/** Converts between f32, f16 and bf16, to the nearest even. */
export type CastKernel = (out: DeviceArray, x: DeviceArray) => void;
