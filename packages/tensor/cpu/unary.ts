import type { Kernels, UnaryFunction } from "../backend.ts";
import type { Cpu } from "./cpu.ts";
import { cpuStorage, f32 } from "./storage.ts";

/** Functions that are plain loops; the others are WebAssembly programs. */
const LOOPS = {
  neg: (y: Float32Array, x: Float32Array) => {
    for (let i = 0; i < y.length; i++) y[i] = -x[i]!;
  },
  abs: (y: Float32Array, x: Float32Array) => {
    for (let i = 0; i < y.length; i++) y[i] = Math.abs(x[i]!);
  },
  log: (y: Float32Array, x: Float32Array) => {
    for (let i = 0; i < y.length; i++) y[i] = Math.log(x[i]!);
  },
  sqrt: (y: Float32Array, x: Float32Array) => {
    for (let i = 0; i < y.length; i++) y[i] = Math.sqrt(x[i]!);
  },
  square: (y: Float32Array, x: Float32Array) => {
    for (let i = 0; i < y.length; i++) y[i] = x[i]! * x[i]!;
  },
};

function isLoop(f: UnaryFunction): f is keyof typeof LOOPS {
  return f in LOOPS;
}

export function unaryKernel({ programs }: Cpu): Kernels["unary"] {
  return (out, x, f) => {
    if (isLoop(f)) LOOPS[f](f32(out), f32(x));
    else programs[f](cpuStorage(out).offset, cpuStorage(x).offset, x.size);
  };
}
