import { copyBox } from "../../cpu/copy.ts";
import type { Cpu } from "../../cpu/cpu.ts";
import { stridesOf } from "../../cpu/strides.ts";
import type { PermuteKernel } from "./kernels.ts";

export function permuteCpu(cpu: Cpu): PermuteKernel {
  return (out, x, axes) => {
    const strides = stridesOf(x.shape);
    const steps = axes.map((axis) => strides[axis]!);
    copyBox(cpu, out.shape, {
      to: { tensor: out, first: 0, steps: stridesOf(out.shape) },
      from: { tensor: x, first: 0, steps },
    });
  };
}
