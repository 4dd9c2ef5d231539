/** Function of one variable that {@linkcode Kernels.unary} applies. */
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

/**
 * Function of two variables that {@linkcode Kernels.binary} applies; `step` is
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
