import type { DeviceArray } from "../../device_array.ts";

/** Widens quantised blocks to f32, exactly. */
export type DequantizeKernel = (out: DeviceArray, x: DeviceArray) => void;
