import type { Kernels } from "../backend.ts";
import { copyBox } from "./copy.ts";
import type { Cpu } from "./cpu.ts";
import { stridesOf } from "./strides.ts";

export function permuteKernel(cpu: Cpu): Kernels["permute"] {
  return (out, x, axes) => {
    const strides = stridesOf(x.shape);
    const steps = axes.map((axis) => strides[axis]!);
    copyBox(cpu, out.shape, {
      to: { tensor: out, first: 0, steps: stridesOf(out.shape) },
      from: { tensor: x, first: 0, steps },
    });
  };
}
