import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage, f32 } from "../../cpu/storage.ts";
import { POINTWISE } from "../../cpu/wasm/control.ts";
import type {
  UnaryFunction,
  UnaryGradientKernel,
  UnaryKernel,
} from "./kernels.ts";

/** Elements of a task. */
const CHUNK = 8192;
/** Multiplications that an element is worth, for the choice of threads. */
const WORK = 16;

type Values = Float32Array;

/**
 * Functions that are plain loops, and what a gradient multiplies by; the others
 * are WebAssembly programs.
 */
const LOOPS = {
  neg: {
    f: (y: Values, x: Values) => {
      for (let i = 0; i < y.length; i++) y[i] = -x[i]!;
    },
    gradient: (dx: Values, _: Values, dy: Values) => {
      for (let i = 0; i < dx.length; i++) dx[i] = -dy[i]!;
    },
  },
  abs: {
    f: (y: Values, x: Values) => {
      for (let i = 0; i < y.length; i++) y[i] = Math.abs(x[i]!);
    },
    gradient: (dx: Values, x: Values, dy: Values) => {
      for (let i = 0; i < dx.length; i++) dx[i] = dy[i]! * Math.sign(x[i]!);
    },
  },
  log: {
    f: (y: Values, x: Values) => {
      for (let i = 0; i < y.length; i++) y[i] = Math.log(x[i]!);
    },
    gradient: (dx: Values, x: Values, dy: Values) => {
      for (let i = 0; i < dx.length; i++) dx[i] = dy[i]! / x[i]!;
    },
  },
  sqrt: {
    f: (y: Values, x: Values) => {
      for (let i = 0; i < y.length; i++) y[i] = Math.sqrt(x[i]!);
    },
    gradient: (dx: Values, x: Values, dy: Values) => {
      for (let i = 0; i < dx.length; i++) dx[i] = dy[i]! / 2 / Math.sqrt(x[i]!);
    },
  },
  square: {
    f: (y: Values, x: Values) => {
      for (let i = 0; i < y.length; i++) y[i] = x[i]! * x[i]!;
    },
    gradient: (dx: Values, x: Values, dy: Values) => {
      for (let i = 0; i < dx.length; i++) dx[i] = 2 * dy[i]! * x[i]!;
    },
  },
} satisfies Partial<Record<UnaryFunction, Loops>>;

/** Loops of a function and of its gradient, `dx = dy f'(x)`. */
interface Loops {
  f(y: Values, x: Values): void;
  gradient(dx: Values, x: Values, dy: Values): void;
}

function isLoop(f: UnaryFunction): f is keyof typeof LOOPS {
  return f in LOOPS;
}

export function unaryCpu(cpu: Cpu): UnaryKernel {
  return (out, x, f) => {
    if (isLoop(f)) LOOPS[f].f(f32(out), f32(x));
    else {
      const to = cpuStorage(out).offset;
      pointwise(cpu, f, { to, from: cpuStorage(x).offset, n: x.size });
    }
  };
}

export function unaryGradientCpu({ jobs }: Cpu): UnaryGradientKernel {
  return (out, x, dy, f) => {
    if (isLoop(f)) return LOOPS[f].gradient(f32(out), f32(x), f32(dy));
    jobs.run("pointwiseGradient", {
      f: POINTWISE.indexOf(f),
      dx: cpuStorage(out).offset,
      x: cpuStorage(x).offset,
      dy: cpuStorage(dy).offset,
      n: x.size,
      chunk: CHUNK,
    }, { tasks: Math.ceil(x.size / CHUNK), work: x.size * WORK });
  };
}

/** Applies a WebAssembly program to `n` elements; addresses in bytes. */
export function pointwise(
  { jobs }: Cpu,
  f: (typeof POINTWISE)[number],
  { to, from, n }: { to: number; from: number; n: number },
): void {
  jobs.run("pointwise", {
    f: POINTWISE.indexOf(f),
    y: to,
    x: from,
    n,
    chunk: CHUNK,
  }, { tasks: Math.ceil(n / CHUNK), work: n * WORK });
}
