import type { Kernels } from "../backend.ts";
import { copyBox } from "./copy.ts";
import type { Cpu } from "./cpu.ts";
import { positionOf, stridesOf } from "./strides.ts";

export function sliceKernel(cpu: Cpu): Kernels["slice"] {
  return (out, x, starts) => {
    const steps = stridesOf(x.shape);
    copyBox(cpu, out.shape, {
      to: { tensor: out, first: 0, steps: stridesOf(out.shape) },
      from: { tensor: x, first: positionOf(starts, steps), steps },
    });
  };
}
