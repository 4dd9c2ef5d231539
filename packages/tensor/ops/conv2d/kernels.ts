import type { DeviceArray } from "../../device_array.ts";

/** Zero rows and columns added around an image before a convolution. */
export interface Padding2d {
  /** Rows above. */
  readonly top: number;
  /** Rows below. */
  readonly bottom: number;
  /** Columns on the left. */
  readonly left: number;
  /** Columns on the right. */
  readonly right: number;
}

/**
 * Convolution of x `[B, h, w, Cin]` with weight `[Cout, kh, kw, Cin]` and
 * bias `[Cout]` or absent, to out `[B, h', w', Cout]`.
 */
export type Conv2dKernel = (
  out: DeviceArray,
  x: DeviceArray,
  weight: DeviceArray,
  options: {
    readonly bias: DeviceArray | undefined;
    readonly stride: number;
    readonly padding: Padding2d;
  },
) => void;
