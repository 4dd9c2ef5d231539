import type { DeviceArray } from "../../device_array.ts";

/**
 * Function of two variables that {@linkcode BinaryKernel} applies; `step` is
 * 1 where a > b, 1/2 where they are equal and else 0.
 */
export type BinaryFunction =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "max"
  | "min"
  | "step";

/** `out = f(a, b)`, both broadcast to the shape of `out`. */
export type BinaryKernel = (
  out: DeviceArray,
  a: DeviceArray,
  b: DeviceArray,
  f: BinaryFunction,
) => void;
