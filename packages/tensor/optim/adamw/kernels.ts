import type { DeviceArray } from "../../device_array.ts";

/** One step of AdamW, see `adamwStep`. */
export type AdamwKernel = (
  out: {
    readonly param: DeviceArray;
    readonly m: DeviceArray;
    readonly v: DeviceArray;
  },
  from: {
    readonly param: DeviceArray;
    readonly grad: DeviceArray;
    readonly m: DeviceArray;
    readonly v: DeviceArray;
  },
  options: {
    readonly beta1: number;
    readonly beta2: number;
    /** What the parameter is multiplied by first, `1 - lr weightDecay`. */
    readonly decay: number;
    /** `lr / (1 - beta1^step)`. */
    readonly stepSize: number;
    /** `1 / sqrt(1 - beta2^step)`. */
    readonly denominatorScale: number;
    readonly eps: number;
  },
) => void;
