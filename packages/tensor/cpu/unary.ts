import { POINTWISE } from "@edit-transfer/kernels";
import type { Kernels, UnaryFunction } from "../backend.ts";
import type { Cpu } from "./cpu.ts";
import { cpuStorage, f32 } from "./storage.ts";

/** Elements of a task. */
export const CHUNK = 8192;
/** Multiplications that an element is worth, for the choice of threads. */
export const WORK = 16;

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

export function unaryKernel(cpu: Cpu): Kernels["unary"] {
  return (out, x, f) => {
    if (isLoop(f)) LOOPS[f](f32(out), f32(x));
    else {
      const to = cpuStorage(out).offset;
      pointwise(cpu, f, { to, from: cpuStorage(x).offset, n: x.size });
    }
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
