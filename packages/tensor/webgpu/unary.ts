import { unaryWgsl } from "@edit-transfer/kernels";
import type { UnaryFunction } from "../backend.ts";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { pointwise } from "./pointwise.ts";
import type { KernelVariant } from "./variant.ts";

/** Functions, in the order of their numbers. */
export const UNARY_FUNCTIONS: readonly UnaryFunction[] = [
  "neg",
  "abs",
  "exp",
  "log",
  "sqrt",
  "square",
  "tanh",
  "sigmoid",
  "silu",
  "gelu",
  "geluTanh",
  "quickGelu",
];

const UNARY: Readonly<Record<string, KernelVariant>> = Object.fromEntries(
  UNARY_FUNCTIONS.map((name, FN) => [name, {
    name: `unary.${name}`,
    source: unaryWgsl,
    spec: { FN },
  }]),
);

/** See `Kernels.unary`. */
export function unary(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  f: UnaryFunction,
): void {
  pointwise(context, out, x, { variant: UNARY[f]!, floats: [] });
}
