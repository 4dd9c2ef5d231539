import { include } from "../../webgpu/include.ts";
import type { UnaryFunction } from "./kernels.ts";
import unary from "./unary.wgsl" with { type: "text" };
import functions from "./unary_functions.wgsl" with { type: "text" };
import gradient from "./unary_gradient.wgsl" with { type: "text" };

/** WGSL of each function `f` of `v : vec4f`, and of its derivative. */
const UNARY: Readonly<
  Record<UnaryFunction, { readonly f: string; readonly df: string }>
> = {
  neg: { f: "-v", df: "vec4f(-1.0)" },
  abs: { f: "abs(v)", df: "sign(v)" },
  exp: { f: "exp(v)", df: "exp(v)" },
  log: { f: "log(v)", df: "1.0 / v" },
  sqrt: { f: "sqrt(v)", df: "0.5 / sqrt(v)" },
  square: { f: "v * v", df: "2.0 * v" },
  tanh: { f: "tanhExact(v)", df: "1.0 - tanhExact(v) * tanhExact(v)" },
  sigmoid: { f: "sigmoid(v)", df: "sigmoid(v) * sigmoid(-v)" },
  silu: { f: "v * sigmoid(v)", df: "gated(v, v, vec4f(1.0))" },
  gelu: {
    f: "0.5 * v * erfc(-0.70710678 * v)",
    df: "0.5 * erfc(-0.70710678 * v) + 0.39894228 * v * exp(-0.5 * v * v)",
  },
  geluTanh: {
    f: "v * sigmoid(geluArgument(v))",
    df: "gated(v, geluArgument(v), 1.5957691 * (1.0 + 0.134145 * v * v))",
  },
  quickGelu: {
    f: "v * sigmoid(1.702 * v)",
    df: "gated(v, 1.702 * v, vec4f(1.702))",
  },
};

/** The kernel of a function. See `unary.wgsl`. */
export function unaryWgsl(name: UnaryFunction): string {
  return include(unary, [FILE, unaryFunctionWgsl("apply", name)]);
}

/** The kernel of a function's gradient. See `unary_gradient.wgsl`. */
export function unaryGradientWgsl(name: UnaryFunction): string {
  return include(gradient, [FILE, functionWgsl("derivative", UNARY[name].df)]);
}

/** Declares a function of the table, for kernels that end in one. */
export function unaryFunctionWgsl(fn: string, name: UnaryFunction): string {
  return functionWgsl(fn, UNARY[name].f);
}

const FILE = "unary_functions.wgsl";

function functionWgsl(fn: string, body: string): string {
  return `${functions}\nfn ${fn}(v : vec4f) -> vec4f { return ${body}; }`;
}
