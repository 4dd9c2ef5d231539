import { POINTWISE } from "@edit-transfer/kernels";
import type { Kernels, UnaryFunction } from "../backend.ts";
import type { Cpu } from "./cpu.ts";
import { cpuStorage, f32 } from "./storage.ts";
import { CHUNK, WORK } from "./unary.ts";

type Values = Float32Array;

/** Derivatives that are plain loops; the others are WebAssembly programs. */
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

export function unaryGradientKernel({ jobs }: Cpu): Kernels["unaryGradient"] {
  return (out, x, dy, f) => {
    if (isLoop(f)) return LOOPS[f](f32(out), f32(x), f32(dy));
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
