import type { DeviceArray } from "../../device_array.ts";

/** Function of one variable that {@linkcode UnaryKernel} applies. */
export type UnaryFunction =
  | "neg"
  | "abs"
  | "exp"
  | "log"
  | "sqrt"
  | "square"
  | "tanh"
  | "sigmoid"
  | "silu"
  | "gelu"
  | "geluTanh"
  | "quickGelu";

/** `out = f(x)`, element by element. */
export type UnaryKernel = (
  out: DeviceArray,
  x: DeviceArray,
  f: UnaryFunction,
) => void;

/** `out = dy f'(x)`; 0 at the corner of `abs`. */
export type UnaryGradientKernel = (
  out: DeviceArray,
  x: DeviceArray,
  dy: DeviceArray,
  f: UnaryFunction,
) => void;
