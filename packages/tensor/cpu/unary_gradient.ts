import type { Kernels, UnaryFunction } from "../backend.ts";
import type { Cpu } from "./cpu.ts";
import { cpuStorage, f32 } from "./storage.ts";
import { pointwise } from "./unary.ts";

type Values = Float32Array;

/** `2 sqrt(2 / π)`, of the sigmoid that is GELU's approximation. */
const GELU = 2 * Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;
const QUICK = 1.702;

/**
 * Derivatives by a WebAssembly program: what it is applied to, and what
 * becomes of its result `s`, both in place.
 */
const PROGRAMS = {
  exp: {
    program: "exp",
    argument: (u: Values, x: Values) => u.set(x),
    combine: (y: Values, _: Values, dy: Values) => {
      for (let i = 0; i < y.length; i++) y[i] = dy[i]! * y[i]!;
    },
  },
  tanh: {
    program: "tanh",
    argument: (u: Values, x: Values) => u.set(x),
    combine: (y: Values, _: Values, dy: Values) => {
      for (let i = 0; i < y.length; i++) y[i] = dy[i]! * (1 - y[i]! * y[i]!);
    },
  },
  sigmoid: {
    program: "sigmoid",
    argument: (u: Values, x: Values) => u.set(x),
    combine: (y: Values, _: Values, dy: Values) => {
      for (let i = 0; i < y.length; i++) y[i] = dy[i]! * y[i]! * (1 - y[i]!);
    },
  },
  silu: {
    program: "sigmoid",
    argument: (u: Values, x: Values) => u.set(x),
    combine: (y: Values, x: Values, dy: Values) => {
      for (let i = 0; i < y.length; i++) {
        const s = y[i]!;
        y[i] = dy[i]! * s * (1 + x[i]! * (1 - s));
      }
    },
  },
  geluTanh: {
    program: "sigmoid",
    argument: (u: Values, x: Values) => {
      for (let i = 0; i < u.length; i++) {
        const v = x[i]!;
        u[i] = GELU * v * (1 + CUBIC * v * v);
      }
    },
    combine: (y: Values, x: Values, dy: Values) => {
      for (let i = 0; i < y.length; i++) {
        const s = y[i]!;
        const v = x[i]!;
        y[i] = dy[i]! * s *
          (1 + v * (1 - s) * GELU * (1 + 3 * CUBIC * v * v));
      }
    },
  },
  quickGelu: {
    program: "sigmoid",
    argument: (u: Values, x: Values) => {
      for (let i = 0; i < u.length; i++) u[i] = QUICK * x[i]!;
    },
    combine: (y: Values, x: Values, dy: Values) => {
      for (let i = 0; i < y.length; i++) {
        const s = y[i]!;
        y[i] = dy[i]! * s * (1 + QUICK * x[i]! * (1 - s));
      }
    },
  },
  gelu: { // normal distribution plus x times its density
    program: "exp",
    argument: (u: Values, x: Values) => {
      for (let i = 0; i < u.length; i++) u[i] = -x[i]! * x[i]! / 2;
    },
    combine: (y: Values, x: Values, dy: Values) => {
      for (let i = 0; i < y.length; i++) {
        const v = x[i]!;
        const power = y[i]!;
        const tail = power * scaledTail(Math.abs(v));
        const cdf = v > 0 ? 1 - tail : tail;
        y[i] = dy[i]! * (cdf + v * power / Math.sqrt(2 * Math.PI));
      }
    },
  },
} as const;

/**
 * `exp(x² / 2)` times the probability above x ≥ 0, to 1.2e-7 relative.
 *
 * Source: `erfcc` in Press et al., Numerical Recipes, 6.2.
 */
function scaledTail(x: number): number {
  const t = 1 / (1 + 0.5 * Math.SQRT1_2 * x);
  let series = 0.17087277;
  for (let k = ERFC.length - 1; k >= 0; k--) series = series * t + ERFC[k]!;
  return 0.5 * t * Math.exp(series);
}
const ERFC = [
  -1.26551223,
  1.00002368,
  0.37409196,
  0.09678418,
  -0.18628806,
  0.27886807,
  -1.13520398,
  1.48851587,
  -0.82215223,
];

/** Derivatives that are plain loops. */
const LOOPS = {
  neg: (y: Values, _: Values, dy: Values) => {
    for (let i = 0; i < y.length; i++) y[i] = -dy[i]!;
  },
  abs: (y: Values, x: Values, dy: Values) => {
    for (let i = 0; i < y.length; i++) y[i] = dy[i]! * Math.sign(x[i]!);
  },
  log: (y: Values, x: Values, dy: Values) => {
    for (let i = 0; i < y.length; i++) y[i] = dy[i]! / x[i]!;
  },
  sqrt: (y: Values, x: Values, dy: Values) => {
    for (let i = 0; i < y.length; i++) y[i] = dy[i]! / 2 / Math.sqrt(x[i]!);
  },
  square: (y: Values, x: Values, dy: Values) => {
    for (let i = 0; i < y.length; i++) y[i] = 2 * dy[i]! * x[i]!;
  },
};

function isLoop(f: UnaryFunction): f is keyof typeof LOOPS {
  return f in LOOPS;
}

export function unaryGradientKernel(cpu: Cpu): Kernels["unaryGradient"] {
  return (out, x, dy, f) => {
    const y = f32(out);
    if (isLoop(f)) return LOOPS[f](y, f32(x), f32(dy));
    const { program, argument, combine } = PROGRAMS[f];
    const { offset: to } = cpuStorage(out);
    argument(y, f32(x));
    pointwise(cpu, program, { to, from: to, n: x.size });
    combine(y, f32(x), f32(dy));
  };
}
