import type { Kernels, UnaryFunction } from "../backend.ts";
import { erf } from "./erf.ts";
import { f32 } from "./storage.ts";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const FUNCTIONS: Record<UnaryFunction, (x: number) => number> = {
  neg: (x) => -x,
  abs: Math.abs,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  square: (x) => x * x,
  tanh: Math.tanh,
  sigmoid,
  silu: (x) => x * sigmoid(x),
  gelu: (x) => x * (1 + erf(x * Math.SQRT1_2)) / 2,
  geluTanh: (x) =>
    x * sigmoid(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)),
  quickGelu: (x) => x * sigmoid(1.702 * x),
};

export const unary: Kernels["unary"] = (out, x, f) => {
  const y = f32(out);
  const values = f32(x);
  const apply = FUNCTIONS[f];
  for (let i = 0; i < y.length; i++) y[i] = apply(values[i]!);
};
