import type { Kernels } from "../backend.ts";
import { copyBox } from "./copy.ts";
import type { Cpu } from "./cpu.ts";
import { f32 } from "./storage.ts";
import { positionOf, stridesOf } from "./strides.ts";

export function padKernel(cpu: Cpu): Kernels["pad"] {
  return (out, x, before, value) => {
    const steps = stridesOf(out.shape);
    f32(out).fill(value);
    copyBox(cpu, x.shape, {
      to: { tensor: out, first: positionOf(before, steps), steps },
      from: { tensor: x, first: 0, steps: stridesOf(x.shape) },
    });
  };
}
